#!/usr/bin/env python3
"""Measures latencies while the load rises, prints them as a table and draws them as an SVG.

    tests/bench/latency.py --build build/bench --svg tests/bench/latency.svg [--php php-fpm8.2]
                           [--rounds 5] [--seconds 2] [--rates 2500 5000 ...]

Requests come at random moments, so many a second, whether or not the server is ready, and go directly to
Shoal, plain_loop and php-fpm over 8 kept connections: as many as the last two have threads or children. A
latency begins when the request should have been sent, so the wait in a queue is a part of it.
tests/bench/run.sh --latency builds what this needs and runs it.
"""
import argparse, datetime, math, os, shutil, tempfile
from functools import partial

import contenders
import load
from machine import Machine

NAMES = ("shoal", "plain_loop", "php-fpm")
COLORS = {"shoal": "#0969da", "plain_loop": "#bc4c00", "php-fpm": "#8250df"}
LABELS = {"shoal": "Shoal", "plain_loop": "plain loop", "php-fpm": "php-fpm"}
RATES = (2500, 5000, 10000, 15000, 20000, 25000, 30000, 40000, 50000, 60000, 70000, 80000, 100000, 120000)
QUANTILES = (("p50_us", "p50", ""), ("p99_us", "p99", ' stroke-dasharray="6 4"'))
LOWEST, HIGHEST = 0.01, 1000.0  # milliseconds that the picture shows


def is_overloaded(result, rate):
    return result["rate"] < 0.95 * rate


def curves(got):
    """Returns the points (rate, result) of each contender, up to its first overload."""
    result = {}
    for name, rate in got:
        points = result.setdefault(name, [])
        if not points or not is_overloaded(points[-1][1], points[-1][0]):
            points.append((rate, got[name, rate]))
    return result


def print_table(points_of):
    print("| contender | requests/s wanted | answered | p50 ms | p99 ms | failed |\n|---|---:|---:|---:|---:|---:|")
    for name, points in points_of.items():
        for rate, of in points:
            print(f"| {name} | {rate} | {of['rate']:.0f} | {of['p50_us'] / 1e3:.3f} | {of['p99_us'] / 1e3:.3f} | "
                  f"{of['failed']} |")
    print()


class Picture:
    WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 800, 460, 70, 130, 60, 50

    def __init__(self, points_of, subtitle):
        self.most = max(rate for points in points_of.values() for rate, _ in points)
        self.lines = []
        self.frame(subtitle)
        for number, (name, points) in enumerate(points_of.items()):
            self.curve(name, points)
            self.legend(number, name)

    def x(self, rate):
        return self.LEFT + rate / self.most * (self.WIDTH - self.LEFT - self.RIGHT)

    def y(self, milliseconds):
        inside = min(max(milliseconds, LOWEST), HIGHEST)
        part = math.log10(inside / LOWEST) / math.log10(HIGHEST / LOWEST)
        return self.HEIGHT - self.BOTTOM - part * (self.HEIGHT - self.TOP - self.BOTTOM)

    def text(self, x, y, text, more=""):
        self.lines.append(f'<text x="{x:.1f}" y="{y:.1f}" {more}>{text}</text>')

    def line(self, x1, y1, x2, y2, more):
        self.lines.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {more}/>')

    def frame(self, subtitle):
        self.text(self.LEFT, 24, "Latency while the load rises", 'font-size="16" font-weight="bold"')
        self.text(self.LEFT, 44, subtitle, 'fill="#57606a"')
        right, floor = self.WIDTH - self.RIGHT, self.HEIGHT - self.BOTTOM
        milliseconds = LOWEST
        while milliseconds <= HIGHEST * 1.01:
            y = self.y(milliseconds)
            self.line(self.LEFT, y, right, y, 'stroke="#d0d7de"')
            self.text(self.LEFT - 8, y + 4, f"{milliseconds:g} ms", 'text-anchor="end"')
            milliseconds *= 10
        step = 20000 if self.most > 60000 else 10000 if self.most > 20000 else 2500
        for rate in range(0, self.most + 1, step):
            self.line(self.x(rate), self.TOP, self.x(rate), floor, 'stroke="#eaeef2"')
            self.text(self.x(rate), floor + 18, f"{rate:,}", 'text-anchor="middle"')
        self.text((self.LEFT + right) / 2, floor + 38, "requests per second", 'text-anchor="middle"')

    def curve(self, name, points):
        for quantile, label, dashes in QUANTILES:
            places = [(self.x(rate), self.y(of[quantile] / 1e3)) for rate, of in points]
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
            self.lines.append(f'<polyline points="{path}" fill="none" stroke="{COLORS[name]}" '
                              f'stroke-width="2"{dashes}><title>{LABELS[name]}, {label}</title></polyline>')
            self.lines += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{COLORS[name]}"/>' for x, y in places]

    def legend(self, number, name):
        left, top = self.WIDTH - self.RIGHT + 16, self.TOP + 12 + number * 56
        self.text(left, top, LABELS[name], f'fill="{COLORS[name]}" font-weight="bold"')
        for row, (_, label, dashes) in enumerate(QUANTILES, start=1):
            self.line(left, top + row * 17 - 4, left + 30, top + row * 17 - 4,
                      f'stroke="{COLORS[name]}" stroke-width="2"{dashes}')
            self.text(left + 38, top + row * 17, label)

    def svg(self):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.WIDTH} {self.HEIGHT}" role="img" '
                'font-family="sans-serif" font-size="12" fill="#1f2328">\n'
                "<title>p50 and p99 of Shoal, a plain libfcgi loop and php-fpm while the load rises</title>\n"
                f'<rect width="{self.WIDTH}" height="{self.HEIGHT}" fill="#ffffff"/>\n' +
                "\n".join(self.lines) + "\n</svg>\n")


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--build", required=True)
    words.add_argument("--svg", required=True)
    words.add_argument("--php", default="")
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--seconds", type=float, default=2)
    words.add_argument("--rates", type=int, nargs="+", default=RATES)
    words = words.parse_args()
    build = os.path.abspath(words.build)
    machine = Machine()
    folder = tempfile.mkdtemp(prefix="shoal-latency.")
    started = {}
    try:
        started = contenders.start(NAMES, folder, build, words.php)
        plan = {(name, rate): partial(load.measure, build, contender, contenders.THREADS, words.seconds, rate=rate)
                for rate in words.rates for name, contender in started.items()}
        got = load.in_rounds(plan, words.rounds)
    finally:
        contenders.stop(started)
        shutil.rmtree(folder)
    points_of = curves(got)
    machine.tell(f"medians of {words.rounds} rounds of {words.seconds:g} s, requests at random moments over "
                 f"{contenders.THREADS} kept connections")
    print_table(points_of)
    subtitle = (f"asked directly over {contenders.THREADS} kept connections, open loop; {os.cpu_count()} CPUs, "
                f"{datetime.date.today()}, medians of {words.rounds} rounds of {words.seconds:g} s")
    with open(words.svg, "w") as file:
        file.write(Picture(points_of, subtitle).svg())


if __name__ == "__main__":
    main()
