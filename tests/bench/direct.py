#!/usr/bin/env python3
"""Asks Shoal and its rivals directly, without a web server, and prints tables in Markdown.

    tests/bench/direct.py --build build/bench [--rounds 7] [--seconds 1] [--php php-fpm8.2] [--only hello ...]

CPU time for each request with kept and fresh connections; short requests beside slow handlers; honest
requests beside slow peers; idle memory; and last the goals. README.md explains the tables.
tests/bench/run.sh --direct builds what this needs and runs it.
"""
import argparse, os, shutil, statistics, subprocess, tempfile, time
from functools import partial

import contenders
import goals
import load
import slow_peers
from machine import Machine

NAMES = ("shoal", "heads", "lanes", "floor", "bare_poller", "plain_loop", "php-fpm")
CONNECTIONS = (8, 32, 500)
WITH_SLOW_HANDLERS = ("shoal", "heads", "lanes")
WITH_SLOW_PEERS = ("shoal", "heads")
HONEST = 8  # connections of those whose latency is measured beside slow handlers or slow peers
SLOW_PEERS = (8, 50, 500)
SLOW_HANDLERS, MANY_SLOW_HANDLERS, SLOW_HANDLER_SECONDS = 4, 64, 0.005


class Bench:
    def __init__(self, started, build, seconds):
        self.started, self.build, self.seconds = started, build, seconds

    def measure(self, name, connections, **more):
        return load.measure(self.build, self.started[name], connections, self.seconds, **more)

    def beside_slow_handlers(self, name):
        """Short requests, while all the time so many others sleep."""
        longer = load.command(self.build, self.started[name], SLOW_HANDLERS, self.seconds + 0.6, path="/slow")
        with subprocess.Popen(longer, stdout=subprocess.DEVNULL) as others:
            time.sleep(0.3)
            result = self.measure(name, HONEST)
            others.wait()
        return result

    def beside_slow_peers(self, name, count, kind):
        with slow_peers.SlowPeers(self.started[name].socket, count, kind):
            time.sleep(0.3)
            result = self.measure(name, HONEST)
        self.started[name].wait_until_it_answers()  # the next measurement is not to meet these peers
        return result

    # What is measured: {key: function}.

    def hello(self):
        plan = {}
        for fresh in (False, True):
            for connections in CONNECTIONS:
                for name, contender in self.started.items():
                    most = contender.most_kept
                    if fresh or not most or connections <= most:
                        plan["hello", name, connections, fresh] = partial(self.measure, name, connections,
                                                                          fresh=fresh)
        return plan

    def slow_handlers(self):
        plan = {}
        for name in WITH_SLOW_HANDLERS:
            plan["alone", name] = partial(self.measure, name, HONEST)
            plan["beside", name] = partial(self.beside_slow_handlers, name)
            plan["sleeping", name] = partial(self.measure, name, MANY_SLOW_HANDLERS, path="/slow")
        return plan

    def slow_peers(self):
        return {("peers", name, count, kind): partial(self.beside_slow_peers, name, count, kind)
                for kind in slow_peers.KINDS for count in SLOW_PEERS for name in WITH_SLOW_PEERS}


# --- printing ----------------------------------------------------------------------------------------


def ms(us):
    return f"{us / 1e3:.2f}"


def print_hello(got):
    print("| hello | connections | CPU µs/request | requests/s | p50 ms | p99 ms | failed |\n"
          "|---|---:|---:|---:|---:|---:|---:|")
    for (_, name, connections, fresh), of in got.items():
        print(f"| {name} | {connections} {'fresh' if fresh else 'kept'} | {of['cpu_us']:.2f} | {of['rate']:.0f} | "
              f"{ms(of['p50_us'])} | {ms(of['p99_us'])} | {of['failed']} |")
    print()


def print_slow_handlers(got):
    print(f"| {HONEST} connections with short requests | requests/s alone | p99 ms alone | requests/s beside "
          f"{SLOW_HANDLERS} that sleep 5 ms | p99 ms beside them | requests/s of {MANY_SLOW_HANDLERS} that sleep "
          "5 ms |\n|---|---:|---:|---:|---:|---:|")
    for name in WITH_SLOW_HANDLERS:
        alone, beside, sleeping = (got[what, name] for what in ("alone", "beside", "sleeping"))
        print(f"| {name} | {alone['rate']:.0f} | {ms(alone['p99_us'])} | {beside['rate']:.0f} | "
              f"{ms(beside['p99_us'])} | {sleeping['rate']:.0f} |")
    print()


def print_slow_peers(got):
    columns = " | ".join(f"{name}: requests/s | p99 ms" for name in WITH_SLOW_PEERS)
    print(f"| {HONEST} honest connections beside | {columns} |\n|---|{'---:|---:|' * len(WITH_SLOW_PEERS)}")
    for kind in slow_peers.KINDS:
        for count in SLOW_PEERS:
            of = [got["peers", name, count, kind] for name in WITH_SLOW_PEERS]
            print(f"| {count} peers that {kind} | " +
                  " | ".join(f"{each['rate']:.0f} | {ms(each['p99_us'])}" for each in of) + " |")
    print()


def memory_of(started):
    """Returns the private KiB of a serving process, by contender: the median of its processes."""
    return {name: statistics.median(map(contenders.private_kib, contender.serving_processes()))
            for name, contender in started.items() if name in ("shoal", "php-fpm")}


def print_memory(at_first, at_last):
    print("| idle private memory of one process | KiB after one request | KiB after all of this |\n|---|---:|---:|")
    for name, process in (("shoal", "a worker of shoal"), ("php-fpm", "a child of php-fpm")):
        if name in at_first:
            print(f"| {process} | {at_first[name]:.0f} | {at_last[name]:.0f} |")
    print()


class Goals:
    """The rows of the table of goals, for each part that was measured."""

    def __init__(self, got):
        self.got = got

    def hello(self):
        own = self.got["hello", "shoal", 32, False]
        for rival, connections, at_most in (("plain_loop", contenders.THREADS, 0.75), ("heads", 32, 1.25)):
            its = self.got["hello", rival, connections, False]
            goals.print_row(f"CPU time per request, 32 kept connections, to {rival} with {connections}",
                            own["cpu_us"] / its["cpu_us"], at_most=at_most)
        goals.print_row("p99, 32 kept connections, to lanes",
                        own["p99_us"] / self.got["hello", "lanes", 32, False]["p99_us"], at_most=1)

    def slow_handlers(self):
        alone, beside, sleeping = (self.got[what, "shoal"] for what in ("alone", "beside", "sleeping"))
        goals.print_row(f"p99 ms beside {SLOW_HANDLERS} handlers that sleep 5 ms", beside["p99_us"] / 1e3, at_most=1)
        goals.print_row("requests/s beside them, to those alone", beside["rate"] / alone["rate"], at_least=0.6)
        possible = MANY_SLOW_HANDLERS / SLOW_HANDLER_SECONDS
        goals.print_row(f"requests/s of {MANY_SLOW_HANDLERS} handlers that sleep 5 ms, to {possible:,.0f}",
                        sleeping["rate"] / possible, at_least=0.85)

    def slow_peers(self):
        worst = max(of["p99_us"] for key, of in self.got.items() if key[:2] == ("peers", "shoal"))
        goals.print_row("worst p99 ms beside slow peers", worst / 1e3, at_most=20)


PARTS = {"hello": print_hello, "slow_handlers": print_slow_handlers, "slow_peers": print_slow_peers}


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--build", required=True)
    words.add_argument("--rounds", type=int, default=7)
    words.add_argument("--seconds", type=float, default=1)
    words.add_argument("--php", default="")
    words.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    words = words.parse_args()
    build = os.path.abspath(words.build)
    machine = Machine()
    folder = tempfile.mkdtemp(prefix="shoal-direct.")
    started = {}
    try:
        started = contenders.start(NAMES, folder, build, words.php)
        at_first = memory_of(started)
        bench = Bench(started, build, words.seconds)
        plans = {part: getattr(bench, part)() for part in words.only}
        got = load.in_rounds({key: function for plan in plans.values() for key, function in plan.items()},
                             words.rounds)
        time.sleep(1)  # idle
        at_last = memory_of(started)
        machine.tell(f"medians of {words.rounds} rounds of {words.seconds:g} s, asked without a web server")
        for part, plan in plans.items():
            PARTS[part]({key: got[key] for key in plan})
        print(f"Requests that failed, of all in the tables above: {sum(of['failed'] for of in got.values())}\n")
        print_memory(at_first, at_last)
        goals.print_head()
        for part in plans:
            getattr(Goals(got), part)()
    finally:
        contenders.stop(started)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
