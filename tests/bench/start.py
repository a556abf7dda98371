#!/usr/bin/env python3
"""Measures how long `shoal serve` takes until it serves many modules, and what they take of the disk.

    tests/bench/start.py --build build/bench [--rival OTHER/build/bench] [--rounds 3] [--groups 400]

2,000 modules in 400 groups of five: a base class and four children. Each start has an empty run folder; it
ends when every group has answered once over the socket. With one and with eight processes. `--rival` is a
build of another version, which takes turns with this one in the same run. tests/bench/run.sh --start builds
what this needs and runs it.
"""
import argparse, os, shutil, signal, statistics, subprocess, tempfile, time

from fastcgi import ask

CHILDREN = ("left", "middle", "right", "other")


def make_apps(folder, build, groups):
    drop = f"{build}/drops/1/pond"
    for number in range(groups):
        group = f"{folder}/pond{number}"
        os.makedirs(group)
        shutil.copy(f"{drop}/base.so", group)
        for child in CHILDREN:
            shutil.copy(f"{drop}/{'left' if child == 'other' else child}.so", f"{group}/{child}.so")


def answers(socket, group):
    uri = f"/{group}/left"
    try:
        return ask(socket, {"REQUEST_METHOD": "GET", "REQUEST_URI": uri, "SCRIPT_NAME": uri,
                                    "DOCUMENT_URI": uri, "QUERY_STRING": "",
                                    "SERVER_PROTOCOL": "HTTP/1.1"}).startswith("left 1")
    except OSError:
        return False


def size_of(folder):
    """Returns MiB, as the disk has them; what has two names counts once."""
    return int(subprocess.run(["du", "-sk", folder], capture_output=True, text=True).stdout.split()[0]) / 1024


def measure(build, apps, processes, groups):
    """Returns seconds until all groups answered, and MiB of the run folder."""
    folder = tempfile.mkdtemp(prefix="shoal-start.")
    try:
        with open(folder + "/shoal.yaml", "w") as conf:
            conf.write(f'listen: [{{ socket: "unix:{folder}/shoal.sock" }}]\napps: "{apps}"\nrun: run\n'
                       f"workers: {{ processes: {processes} }}\nlog: {{ file: shoal.log }}\nroutes:\n")
            conf.writelines(f"  /pond{number}: pond{number}\n" for number in range(groups))
        begin = time.monotonic()
        server = subprocess.Popen([build + "/bin/shoal", "serve", "-c", folder + "/shoal.yaml"])
        try:
            for number in range(groups):
                while not answers(folder + "/shoal.sock", f"pond{number}"):
                    if time.monotonic() - begin > 300 or server.poll() is not None:
                        raise SystemExit(f"{build}: group pond{number} does not answer; read the log:\n" +
                                         open(folder + "/shoal.log").read()[-2000:])
                    time.sleep(0.01)
            return time.monotonic() - begin, size_of(folder + "/run")
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()
    finally:
        shutil.rmtree(folder)


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--build", required=True)
    words.add_argument("--rival", default="")
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--groups", type=int, default=400)
    words.add_argument("--processes", type=int, nargs="+", default=[1, 8])
    words = words.parse_args()
    builds = [os.path.abspath(build) for build in (words.build, words.rival) if build]
    apps = tempfile.mkdtemp(prefix="shoal-start-apps.")
    try:
        make_apps(apps, builds[0], words.groups)
        modules = words.groups * (1 + len(CHILDREN))
        print(f"| start of {modules} modules in {words.groups} groups ({size_of(apps):.0f} MiB) | processes | "
              f"seconds (median of {words.rounds}) | MiB of run | its time to the first one's |\n"
              "|---|---:|---:|---:|---:|")
        for processes in words.processes:
            results = [[] for _ in builds]
            for _ in range(words.rounds):
                for each, build in zip(results, builds):
                    each.append(measure(build, apps, processes, words.groups))
            own = statistics.median(seconds for seconds, _ in results[0])
            for name, each in zip(("shoal", "rival"), results):
                seconds = statistics.median(seconds for seconds, _ in each)
                size = statistics.median(size for _, size in each)
                ratio = "" if each is results[0] else f"{seconds / own:.2f}"
                print(f"| {name} | {processes} | {seconds:.2f} | {size:.0f} | {ratio} |", flush=True)
    finally:
        shutil.rmtree(apps)


main()
