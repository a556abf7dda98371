#!/usr/bin/env python3
"""Measures the time from the beginning of a drop to the first answer of the new code.

    tests/bench/drops.py --build build/bench [--drops 100] [--php php-fpm8.2] [--rival OTHER/build/bench]
                         [--processes 1]

Shoal: `shoal drop` of a base class and three children, with the probe on. The rival: php-fpm with
opcache, whose four files (one base, three children) are renamed into place one by one. Both are asked
over their sockets, without a web server, again and again until the new version answers; they take turns
in one run. `--rival` is a build of another version. tests/bench/run.sh --drops builds what this needs and runs it.
"""
import argparse, os, re, shutil, signal, statistics, subprocess, tempfile, time

from contenders import php_command
from fastcgi import ask


class Shoal:
    def __init__(self, folder, build, name="shoal drop with verdict, 4 modules", processes=1):
        self.build, self.folder, self.name = build, folder, name
        self.apps = folder + "/apps"
        self.place = ["--apps", self.apps]
        self.socket = folder + "/shoal.sock"
        self.log = folder + "/shoal.log"
        os.mkdir(self.apps)
        with open(folder + "/shoal.yaml", "w") as conf:
            conf.write(f'listen: [{{ socket: "unix:{self.socket}" }}]\napps: apps\nrun: run\n'
                       f"routes: {{ /: pond.left }}\nlog: {{ level: debug, file: shoal.log }}\n"
                       f"workers: {{ processes: {processes} }}\n")
        self.drop(1)
        self.process = subprocess.Popen([build + "/bin/shoal", "serve", "-c", folder + "/shoal.yaml"])
        if name != "rival":  # an earlier version may know no verdict
            self.place = ["-c", folder + "/shoal.yaml"]

    def drop(self, version):
        subprocess.run([self.build + "/bin/shoal", "drop", f"{self.build}/drops/{version}",
                        *self.place], check=True, stdout=subprocess.DEVNULL)

    def version(self):
        params = {"REQUEST_METHOD": "GET", "REQUEST_URI": "/", "SCRIPT_NAME": "/",
                  "DOCUMENT_URI": "/", "QUERY_STRING": "", "SERVER_PROTOCOL": "HTTP/1.1"}
        return whole(ask(self.socket, params))

    def steps(self):
        """Returns the median milliseconds of each step of a reload, read from the log."""
        times = {}
        with open(self.log) as log:
            for line in log:
                if " ms, " not in line:
                    continue
                for step, ms in re.findall(r"([a-z][a-z ]*) ([0-9.]+) ms", line):
                    times.setdefault(step, []).append(float(ms))
        return {step: statistics.median(all) for step, all in times.items()}


class Php:
    name = "php-fpm with opcache, 4 files renamed one by one"

    def __init__(self, folder, program):
        self.folder, self.socket = folder, folder + "/php-fpm.sock"
        self.drop(1)
        command = php_command(program, folder, "php_admin_value[opcache.revalidate_freq] = 0\n")
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def drop(self, version):
        files = {"base.php": f"<?php class Base {{ function base() {{ return {version}; }} }}"}
        for child in ("left", "middle", "right"):
            files[child + ".php"] = (
                f"<?php require_once __DIR__ . '/base.php'; class {child.title()} extends Base {{}}\n"
                f"echo '{child} {version} on base ', (new {child.title()}())->base();")
        for name, text in files.items():
            with open(f"{self.folder}/{name}.new", "w") as file:
                file.write(text)
            os.rename(f"{self.folder}/{name}.new", f"{self.folder}/{name}")

    def version(self):
        return whole(ask(self.socket, {"REQUEST_METHOD": "GET", "REQUEST_URI": "/left.php",
                                       "SCRIPT_NAME": "/left.php", "QUERY_STRING": "",
                                       "SCRIPT_FILENAME": self.folder + "/left.php"}))

    def steps(self):
        return {}


def whole(body):
    """Returns the version of an answer; 0 if its parts are of different versions."""
    versions = set(re.findall(r"\d+", body))
    return int(versions.pop()) if len(versions) == 1 else 0


def wait_until_it_serves(server):
    for _ in range(300):
        try:
            if server.version() == 1:
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise SystemExit(f"{server.name}: does not answer within 15 s")


def measure(server, version):
    """Drops a version and waits for its first answer. Returns milliseconds since the beginning and since
    the end of the drop, and the number of answers with mixed versions until then."""
    mixed, begin = 0, time.monotonic()
    server.drop(version)
    dropped = time.monotonic()
    while (now := server.version()) != version:
        mixed += now == 0
        if time.monotonic() - begin > 30:
            raise SystemExit(f"{server.name}: version {version} is not live after 30 s")
    end = time.monotonic()
    return (end - begin) * 1e3, (end - dropped) * 1e3, mixed


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--build", required=True)
    words.add_argument("--drops", type=int, default=100)
    words.add_argument("--php", default="")
    words.add_argument("--rival", default="")
    words.add_argument("--processes", type=int, default=1)
    words = words.parse_args()
    folder = tempfile.mkdtemp(prefix="shoal-drops.")
    servers = []
    try:
        for name in ("shoal", "php"):
            os.mkdir(f"{folder}/{name}")
        servers.append(Shoal(folder + "/shoal", os.path.abspath(words.build), processes=words.processes))
        if words.rival:
            os.mkdir(folder + "/rival")
            servers.append(Shoal(folder + "/rival", os.path.abspath(words.rival), "rival", words.processes))
        if words.php:
            servers.append(Php(folder + "/php", words.php))
        for server in servers:
            wait_until_it_serves(server)
        results = {server.name: [] for server in servers}
        for number in range(words.drops):
            for server in servers:
                results[server.name].append(measure(server, 2 - number % 2))
        own = statistics.median(total for total, _, _ in results[servers[0].name])
        print(f"| drop to first new answer, {words.drops} drops | median ms | worst ms | of it after the "
              "drop had ended | mixed answers | Shoal's median to its |\n|---|---:|---:|---:|---:|---:|")
        for server in servers:
            totals = [total for total, _, _ in results[server.name]]
            median = statistics.median(totals)
            after = statistics.median(after for _, after, _ in results[server.name])
            mixed = sum(mixed for _, _, mixed in results[server.name])
            ratio = "" if server is servers[0] else f"{own / median:.2f}"
            print(f"| {server.name} | {median:.2f} | {max(totals):.2f} | {after:.2f} | {mixed} | {ratio} |")
        print("\n| step of a reload | median ms |\n|---|---:|")
        for step, ms in servers[0].steps().items():
            print(f"| {step} | {ms:.2f} |")
    finally:
        for server in servers:
            server.process.send_signal(signal.SIGTERM)
            server.process.wait()
        shutil.rmtree(folder)


main()
