#!/usr/bin/env python3
"""Measures Shoal and its rivals through one nginx, and prints tables in Markdown.

    tests/bench/through_nginx.py --build build/bench [--rounds 7] [--seconds 3] [--php php-fpm8.2]

An nginx with the standard fastcgi_params passes requests of 32 clients (wrk) to each contender in turn, over
connections that it keeps, and with a connection for each request. Shoal, bare_poller and plain_loop have 8
threads, php-fpm has 8 children. What floor reaches is the limit of this machine.
tests/bench/run.sh builds what this needs and runs it.
"""
import argparse, os, shutil, socket, subprocess, sys, tempfile, time, urllib.request
from functools import partial

import contenders
import goals
import load
from machine import Machine

NAMES = ("shoal", "bare_poller", "plain_loop", "php-fpm", "heads", "floor")
CLIENTS = 32  # connections of wrk
KEPT = 8      # idle connections that each nginx worker keeps to a contender
MODES = {"keep": "kept connections", "close": "a connection for each request"}
HERE = os.path.dirname(os.path.abspath(__file__))

CONFIGURATION = """
{user}daemon off;
worker_processes auto;
pid nginx.pid;
error_log error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path temp/body;
  proxy_temp_path temp/proxy;
  fastcgi_temp_path temp/fastcgi;
  uwsgi_temp_path temp/uwsgi;
  scgi_temp_path temp/scgi;
  include fastcgi_params;
{servers}}}
"""

SERVER = """
  upstream {site} {{ server unix:{contender.socket}; {keepalive} }}
  server {{
    listen 127.0.0.1:{port};
    server_name {site};
    location / {{ {params} fastcgi_pass {site}; {keep_conn} }}
  }}
"""


class Nginx:
    """One site for each way of connecting and each contender: the Host header `keep-shoal` leads to Shoal."""

    def __init__(self, folder, started):
        self.folder, self.port = folder, free_port()
        os.makedirs(folder + "/temp")
        shutil.copy("/etc/nginx/fastcgi_params", folder)
        servers = "".join(self.server(mode, contender) for mode in MODES for contender in started[mode].values())
        with open(folder + "/nginx.conf", "w") as conf:
            conf.write(CONFIGURATION.format(user="user root;\n" if os.geteuid() == 0 else "", servers=servers))
        self.process = subprocess.Popen(["nginx", "-p", folder + "/", "-c", folder + "/nginx.conf",
                                         "-e", folder + "/error.log"])

    def server(self, mode, contender):
        keep = mode == "keep"
        params = "".join(f"fastcgi_param {name} {value}; " for name, value in contender.params.items())
        return SERVER.format(site=f"{mode}-{contender.name}", contender=contender, port=self.port,
                             params="include fastcgi_params; " + params if params else "",
                             keepalive=f"keepalive {KEPT};" if keep else "",
                             keep_conn="fastcgi_keep_conn on;" if keep else "")

    def wait_until_it_answers(self, site):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/hello", headers={"Host": site})
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                body = direct.open(request, timeout=5).read()
                if body == b"Hello, world!\n":
                    return
                raise SystemExit(f"{site} answers {body!r} through nginx")
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"{site} does not answer through nginx; read {self.folder}/error.log")

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def free_port():
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return any_port.getsockname()[1]


def measure(nginx, mode, contender, seconds):
    """Returns requests/s, latencies, failures, and `cpu_us`: CPU time of the contender for each request."""
    before = contender.cpu_seconds()
    done = subprocess.run(["wrk", "--threads", "2", "--connections", str(CLIENTS), "--duration", f"{seconds}s",
                           "--latency", "--script", HERE + "/report.lua", "--header",
                           f"Host: {mode}-{contender.name}", f"http://127.0.0.1:{nginx.port}/hello"],
                          capture_output=True, text=True, check=True, timeout=seconds + 60)
    used = contender.cpu_seconds() - before
    line = next(line for line in done.stdout.splitlines() if line.startswith("result "))
    requests, duration, p50, p99, failed = map(int, line.split()[1:])
    return {"rate": requests / duration * 1e6, "p50_us": p50, "p99_us": p99, "failed": failed,
            "cpu_us": used / max(1, requests) * 1e6}


def print_table(got, mode):
    print(f"| {MODES[mode]} | requests/s | p50 ms | p99 ms | CPU µs/request | failed | Shoal's requests/s to its | "
          "Shoal's p99 to its |\n|---|---:|---:|---:|---:|---:|---:|---:|")
    own = got[mode, "shoal"]
    for (of_mode, name), its in got.items():
        if of_mode == mode:
            ratios = "" if its is own else f"{own['rate'] / its['rate']:.2f} | {own['p99_us'] / its['p99_us']:.2f}"
            print(f"| {name} | {its['rate']:.0f} | {its['p50_us'] / 1e3:.2f} | {its['p99_us'] / 1e3:.2f} | "
                  f"{its['cpu_us']:.1f} | {its['failed']} | {ratios or ' | '} |")
    print()


def print_goals(got):
    goals.print_head()
    for mode, rival, at_least in (("keep", "bare_poller", 0.97), ("keep", "plain_loop", 1.3), ("keep", "php-fpm", 1.8),
                                  ("close", "plain_loop", 1)):
        if (mode, rival) in got:
            goals.print_row(f"requests/s, {MODES[mode]}, to {rival}",
                            got[mode, "shoal"]["rate"] / got[mode, rival]["rate"], at_least=at_least)
    for mode, words in MODES.items():
        goals.print_row(f"p99, {words}, to bare_poller",
                        got[mode, "shoal"]["p99_us"] / got[mode, "bare_poller"]["p99_us"], at_most=1.1)
    print()


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--build", required=True)
    words.add_argument("--rounds", type=int, default=7)
    words.add_argument("--seconds", type=int, default=3)
    words.add_argument("--php", default="")
    words = words.parse_args()
    machine = Machine()
    folder = tempfile.mkdtemp(prefix="shoal-nginx.")
    # One process for each way of connecting: the connections that nginx keeps would occupy the threads of a
    # contender that needs a thread for each connection.
    started, nginx = {}, None
    try:
        for mode in MODES:
            os.mkdir(f"{folder}/{mode}")
            started[mode] = contenders.start(NAMES, f"{folder}/{mode}", os.path.abspath(words.build), words.php,
                                             shoal_threads=contenders.THREADS)
        nginx = Nginx(folder + "/nginx", started)
        plan = {}
        for mode, all_of_mode in started.items():
            for name, contender in all_of_mode.items():
                nginx.wait_until_it_answers(f"{mode}-{name}")
                plan[mode, name] = partial(measure, nginx, mode, contender, words.seconds)
        got = load.in_rounds(plan, words.rounds)
    finally:
        if nginx:
            nginx.stop()
        for all_of_mode in started.values():
            contenders.stop(all_of_mode)
        shutil.rmtree(folder)
    machine.tell(f"medians of {words.rounds} rounds of {words.seconds} s through nginx, {CLIENTS} clients, "
                 f"{contenders.THREADS} threads or children each")
    for mode in MODES:
        print_table(got, mode)
    print_goals(got)


if __name__ == "__main__":
    main()
