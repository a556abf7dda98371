#!/usr/bin/env bash
# Builds Shoal as a release and its rivals, measures them in one run, and prints tables in Markdown.
#
#   tests/bench/run.sh                           through nginx, then --drops, --start and --sweep: 8 minutes
#   tests/bench/run.sh --nginx                   only through nginx: through_nginx.py
#   tests/bench/run.sh --direct                  only without a web server: direct.py; 10 minutes
#   tests/bench/run.sh --latency                 only latency while the load rises, drawn in latency.svg: latency.py
#   tests/bench/run.sh --drops                   only the time from a drop to the first new answer: drops.py
#   tests/bench/run.sh --start                   only the time to start with 2,000 modules: start.py
#   tests/bench/run.sh --sweep                   only the sweep, without servers
#
# --rounds N and --seconds N are for --nginx, --direct and --latency; figures that are to be published need
# --rounds 9 --seconds 10. Each round measures every contender once, one after the other, so that changes in the
# speed of the machine affect all of them alike. The tables show the medians of the rounds. README.md explains them.
set -euo pipefail

how_long=()
only=
while [[ $# -gt 0 ]]; do
  case "$1" in
    --rounds | --seconds) how_long+=("$1" "${2:?$1 needs a number}") && shift 2 ;;
    --nginx | --direct | --latency | --drops | --start | --sweep) only=${1#--} && shift ;;
    *)
      echo "tests/bench/run.sh: $1: unknown argument; known: --rounds N, --seconds N, --nginx, --direct, --latency," \
           "--drops, --start, --sweep" >&2
      exit 2
      ;;
  esac
done

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
bench=$PWD/tests/bench
build=$PWD/build/bench
PATH="$PATH:/usr/sbin:/sbin"  # an ordinary user's path on Debian lacks nginx's folder

# Prints the path of php-fpm; nothing if it, or its opcache, is not installed.
php_fpm() {
  local name
  name=$(compgen -c php-fpm | sort -V | tail -n 1) || true
  if [[ -n $name && $("$name" -m 2>/dev/null) == *OPcache* ]]; then
    command -v "$name"
  else
    echo "php-fpm with opcache is not installed here, so it is not measured." >&2
  fi
}

measure_nginx() { python3 "$bench/through_nginx.py" --build "$build" --php "$php" "${how_long[@]}"; }

measure_direct() { python3 "$bench/direct.py" --build "$build" --php "$php" "${how_long[@]}"; }

measure_latency() {
  python3 "$bench/latency.py" --build "$build" --php "$php" --svg "$bench/latency.svg" "${how_long[@]}"
}

measure_drops() { python3 "$bench/drops.py" --build "$build" --php "$php"; }

measure_start() { python3 "$bench/start.py" --build "$build"; }

measure_sweep() {
  echo "| measured | modules | ns of CPU time (median of 5) |"
  echo "|---|---:|---:|"
  "$build/bin/sweep_bench" --benchmark_min_time=0.3 --benchmark_repetitions=5 \
      --benchmark_report_aggregates_only=true --benchmark_format=csv 2>"$build/sweep.log" |
    awk -F, '/_median/ { gsub(/"|_median/, "", $1); split($1, of, "/")
                         printf "| %s | %s | %.0f |\n", of[1], of[2], $4 }' || {
    echo "tests/bench/run.sh: the sweep could not be measured; read $build/sweep.log" >&2
    exit 1
  }
}

bash deploy/packages.sh bench
cmake -S "$bench" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release
cmake --build "$build" -j "$(nproc)"

php=$(php_fpm)
for measured in ${only:-nginx drops start sweep}; do
  "measure_$measured"
  echo
done
