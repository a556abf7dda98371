"""Asks a contender through fcgi_load, and says what that cost the contender."""
import json, statistics, subprocess, sys

NO_ANSWER = {"answered": 0, "failed": 1, "unanswered": 0, "rate": 0.0,
             "p50_us": float("inf"), "p99_us": float("inf"), "p999_us": float("inf")}


def command(build, contender, connections, seconds, path="/hello", fresh=False, rate=None):
    words = [build + "/bin/fcgi_load", contender.socket, "--connections", str(connections),
             "--seconds", str(seconds), "--path", path]
    for name, value in contender.params.items():
        words += ["--param", f"{name}={value}"]
    return words + (["--fresh"] if fresh else []) + (["--rate", str(rate)] if rate else [])


def measure(build, contender, connections, seconds, **more):
    """Returns what fcgi_load prints, and `cpu_us`: CPU time of the contender for each answer."""
    before = contender.cpu_seconds()
    done = subprocess.run(command(build, contender, connections, seconds, **more),
                          capture_output=True, text=True, timeout=seconds + 60)
    used = contender.cpu_seconds() - before
    result = json.loads(done.stdout) if done.returncode == 0 else dict(NO_ANSWER)
    result["cpu_us"] = used / result["answered"] * 1e6 if result["answered"] else float("inf")
    return result


def medians(results):
    """Returns the median of each figure, but the sum of what failed."""
    middle = {figure: statistics.median(result[figure] for result in results) for figure in results[0]}
    middle["failed"] = sum(result["failed"] for result in results)
    return middle


def in_rounds(plan, rounds):
    """Calls each function of `plan` once in each round, so that changes in the speed of the machine affect all
    alike. Returns the medians, by the keys of `plan`."""
    results = {key: [] for key in plan}
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
        for key, function in plan.items():
            results[key].append(function())
    return {key: medians(each) for key, each in results.items()}
