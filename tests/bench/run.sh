#!/usr/bin/env bash
# Measures Shoal and its rivals in one run, through one nginx, and prints tables in Markdown.
#
#   tests/bench/run.sh                           5 rounds of 3 seconds each: about 2 minutes
#   tests/bench/run.sh --rounds 9 --seconds 10   longer, for figures that are to be written down
#   tests/bench/run.sh --sweep                   only the sweep, without servers
#   tests/bench/run.sh --drops                   only the time from a drop to the first new answer: drops.py
#   tests/bench/run.sh --start                   only the time to start with 2,000 modules: start.py
#
# Each round measures every contender once, one after the other, so that changes in the speed of the
# machine affect all of them alike. The tables show the medians of the rounds. README.md explains them.
set -euo pipefail

rounds=5
seconds=3
only=
while [[ $# -gt 0 ]]; do
  case "$1" in
    --rounds) rounds=${2:?--rounds needs a number} && shift 2 ;;
    --seconds) seconds=${2:?--seconds needs a number} && shift 2 ;;
    --sweep | --drops | --start) only=${1#--} && shift ;;
    *)
      echo "tests/bench/run.sh: $1: unknown argument; known: --rounds N, --seconds N, --sweep, --drops, --start" >&2
      exit 2
      ;;
  esac
done

clients=32  # connections of wrk
threads=8   # of every contender; php-fpm has as many children
kept=8      # idle connections that each nginx worker keeps to a contender

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
bench=$PWD/tests/bench
build=$PWD/build/bench
PATH="$PATH:/usr/sbin:/sbin"  # an ordinary user's path on Debian lacks nginx's folder

die() {
  echo "tests/bench/run.sh: $*" >&2
  exit 1
}

# --- ending ----------------------------------------------------------------------------------------

folder=
declare -A pids=()  # nginx, keep-shoal, close-shoal, ... -> process

stop() {
  trap - INT TERM HUP
  local name
  for name in "${!pids[@]}"; do
    kill -TERM "${pids[$name]}" 2>/dev/null || true
    wait "${pids[$name]}" 2>/dev/null || true
  done
  [[ -z $folder ]] || rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# --- the contenders --------------------------------------------------------------------------------

start() {
  local name=$1
  shift
  "$@" >"$folder/$name.log" 2>&1 &
  pids[$name]=$!
}

# As shipped: a header with the generation, a sweep before each request, all limits.
start_shoal() {
  mkdir -p "$build/run/$1"
  cat >"$folder/$1.yaml" <<YAML
listen:
  - socket: "unix:$folder/$1.sock"
workers: { threads: $threads }
apps: "$build/apps"
run: "$build/run/$1"
routes: { "/$1": hello }
YAML
  start "$1" "$build/bin/shoal" serve -c "$folder/$1.yaml"
}

start_bare_poller() { start "$1" "$build/bin/bare_poller" "$folder/$1.sock" "$threads"; }

start_plain_loop() { start "$1" "$build/bin/plain_loop" "$folder/$1.sock" "$threads"; }

php_fpm=$(compgen -c php-fpm | sort -V | tail -n 1) || true

has_php() { [[ -n $php_fpm && $("$php_fpm" -m 2>/dev/null) == *OPcache* ]]; }

start_php-fpm() {
  local as_root=() identity=
  if [[ $EUID -eq 0 ]]; then
    as_root=(--allow-to-run-as-root)
    identity=$'user = root\ngroup = root'
  fi
  cat >"$folder/$1.conf" <<CONF
[global]
daemonize = no
pid = $folder/$1.pid
error_log = $folder/$1.log
[bench]
$identity
listen = $folder/$1.sock
listen.backlog = 511
pm = static
pm.max_children = $threads
CONF
  start "$1" "$php_fpm" "${as_root[@]}" --fpm-config "$folder/$1.conf"
}

start_nginx() {
  mkdir -p "$folder"/nginx/temp
  cp /etc/nginx/fastcgi_params "$folder/nginx/"
  {
    [[ $EUID -ne 0 ]] || echo "user root;"
    cat <<'CONF'
daemon off;
worker_processes auto;
pid nginx.pid;
error_log error.log;
events {}
http {
  access_log off;
  client_body_temp_path temp/body;
  proxy_temp_path temp/proxy;
  fastcgi_temp_path temp/fastcgi;
  uwsgi_temp_path temp/uwsgi;
  scgi_temp_path temp/scgi;
  include fastcgi_params;
CONF
    local name php
    for name in "${contenders[@]}"; do
      echo "  upstream close-$name { server unix:$folder/close-$name.sock; }"
      echo "  upstream keep-$name { server unix:$folder/keep-$name.sock; keepalive $kept; }"
    done
    echo "  server {"
    echo "    listen 127.0.0.1:$port;"
    for name in "${contenders[@]}"; do
      php=
      if [[ $name == php-fpm ]]; then
        php="include fastcgi_params; fastcgi_param SCRIPT_FILENAME $bench/hello.php;"
      fi
      echo "    location /close-$name { $php fastcgi_pass close-$name; }"
      echo "    location /keep-$name { $php fastcgi_pass keep-$name; fastcgi_keep_conn on; }"
    done
    echo "  }"
    echo "}"
  } >"$folder/nginx/nginx.conf"
  start nginx nginx -p "$folder/nginx/" -c "$folder/nginx/nginx.conf" -e "$folder/nginx/error.log"
}

choose_port() {
  for port in {8100..8199}; do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || return 0
  done
  die "ports 8100 to 8199 are all taken; free one of them"
}

body_of() { curl --noproxy '*' --silent --fail --max-time 10 "http://127.0.0.1:$port/$1"; }

# Ends the run unless every contender answers with the same body.
require_same_answer() {
  local name mode body
  for name in "${contenders[@]}"; do
    for mode in "${modes[@]}"; do
      body=
      for _ in {1..100}; do
        body=$(body_of "$mode-$name") && break
        sleep 0.1
      done
      [[ -n $body ]] || die "$name does not answer; its log: $(tail -n 5 "$folder/$mode-$name.log")"
      [[ $body == "Hello, world!" ]] || die "$name answers \"$body\" instead of \"Hello, world!\""
    done
  done
}

# --- measuring -------------------------------------------------------------------------------------

# Prints the CPU time in ticks that a process and its children have used so far.
ticks_of() {
  local pid stat total=0
  for pid in "$1" $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
    stat=$(<"/proc/$pid/stat")
    # shellcheck disable=SC2086  # fields are wanted
    set -- ${stat##*) }
    total=$((total + ${12} + ${13}))
  done
  echo "$total"
}

# Appends a line to $folder/results: mode name requests/s p50 p99 (microseconds) failures cpu
# (microseconds of the contender per request).
measure() {
  local mode=$1 name=$2 before after requests duration p50 p99 failures
  before=$(ticks_of "${pids[$mode-$name]}")
  read -r _ requests duration p50 p99 failures < <(
    wrk --threads 2 --connections "$clients" --duration "${seconds}s" --latency \
        --script "$bench/report.lua" "http://127.0.0.1:$port/$mode-$name" | grep '^result ')
  after=$(ticks_of "${pids[$mode-$name]}")
  awk -v mode="$mode" -v name="$name" -v n="$requests" -v t="$duration" -v p50="$p50" -v p99="$p99" \
      -v failures="$failures" -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" \
      'BEGIN { print mode, name, n / t * 1e6, p50, p99, failures, ticks / hz * 1e6 / (n ? n : 1) }' \
      >>"$folder/results"
}

# median MODE NAME FIELD
median() {
  awk -v mode="$1" -v name="$2" -v field="$3" '$1 == mode && $2 == name { print $field }' \
    "$folder/results" | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

failures_of() {
  awk -v mode="$1" -v name="$2" '$1 == mode && $2 == name { n += $6 } END { print n + 0 }' \
    "$folder/results"
}

print_table() {
  local mode=$1 name rate p50 p99 cpu
  local shoal_rate shoal_p99
  shoal_rate=$(median "$mode" shoal 3)
  shoal_p99=$(median "$mode" shoal 5)
  echo "| $2 | requests/s | p50 ms | p99 ms | CPU µs/request | failed | Shoal's requests/s to its | Shoal's p99 to its |"
  echo "|---|---:|---:|---:|---:|---:|---:|---:|"
  for name in "${contenders[@]}"; do
    rate=$(median "$mode" "$name" 3)
    p50=$(median "$mode" "$name" 4)
    p99=$(median "$mode" "$name" 5)
    cpu=$(median "$mode" "$name" 7)
    awk -v name="$name" -v rate="$rate" -v p50="$p50" -v p99="$p99" -v cpu="$cpu" \
        -v failed="$(failures_of "$mode" "$name")" -v sr="$shoal_rate" -v sp="$shoal_p99" 'BEGIN {
      ratios = name == "shoal" ? "| |" \
                               : sprintf("| %.2f | %.2f |", rate ? sr / rate : 0, p99 ? sp / p99 : 0)
      printf "| %s | %.0f | %.2f | %.2f | %.1f | %d %s\n",
             name, rate, p50 / 1e3, p99 / 1e3, cpu, failed, ratios
    }'
  done
  echo
}

# Prints ticks since the machine started: taken by the hypervisor for other machines, idle, and all.
machine_ticks() {
  awk '/^cpu / { print $9, $5 + $6, $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9; exit }' /proc/stat
}

# Prints how much of the CPU other programs use while nothing is measured, in per cent.
busy_before() {
  local idle_before all_before idle_after all_after _
  read -r _ idle_before all_before < <(machine_ticks)
  sleep 3
  read -r _ idle_after all_after < <(machine_ticks)
  echo $((100 - 100 * (idle_after - idle_before) / (all_after - all_before)))
}

measure_servers() {
  local busy stolen_before all_before stolen_after all_after round mode name _
  busy=$(busy_before)
  [[ $busy -le 5 ]] ||
    echo "Other programs use $busy % of the CPU: the figures will be wrong. Stop them and run again." >&2
  read -r stolen_before _ all_before < <(machine_ticks)
  : >"$folder/results"
  for ((round = 1; round <= rounds; ++round)); do
    echo "round $round of $rounds" >&2
    for mode in "${modes[@]}"; do
      for name in "${contenders[@]}"; do
        measure "$mode" "$name"
      done
    done
  done
  read -r stolen_after _ all_after < <(machine_ticks)

  echo
  echo "$(date -u +%F), $(nproc) CPUs, $(nginx -v 2>&1 | sed 's/.*: //'): medians of $rounds rounds of" \
       "$seconds s, $clients clients, $threads threads or children each. Other programs used $busy % of" \
       "the CPU before, the hypervisor gave $((100 * (stolen_after - stolen_before) / (all_after - all_before))) %" \
       "of it to others meanwhile."
  echo
  print_table keep "kept connections"
  print_table close "a connection for each request"
}

measure_drops() {
  local php=
  ! has_php || php=$(command -v "$php_fpm")
  python3 "$bench/drops.py" --build "$build" --php "$php"
  echo
}

measure_start() {
  python3 "$bench/start.py" --build "$build"
  echo
}

measure_sweep() {
  echo "| measured | modules | ns of CPU time (median of 5) |"
  echo "|---|---:|---:|"
  "$build/bin/sweep_bench" --benchmark_min_time=0.3 --benchmark_repetitions=5 \
      --benchmark_report_aggregates_only=true --benchmark_format=csv 2>"$build/sweep.log" |
    awk -F, '/_median/ { gsub(/"|_median/, "", $1); split($1, of, "/"); printf "| %s | %s | %.0f |\n", of[1], of[2], $4 }' ||
    die "the sweep could not be measured; read $build/sweep.log"
}

# --- main ------------------------------------------------------------------------------------------

bash deploy/packages.sh bench
cmake -S "$bench" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release
cmake --build "$build" -j "$(nproc)"

if [[ -z $only ]]; then
  folder=$(mktemp -d "${TMPDIR:-/tmp}/shoal-bench.XXXXXX")
  choose_port
  contenders=(shoal bare_poller plain_loop)
  if has_php; then
    contenders+=(php-fpm)
  else
    echo "php-fpm with opcache is not installed here, so it is not measured." >&2
  fi
  # One process for each way of connecting: the connections that nginx keeps would occupy the threads of a
  # contender that needs a thread for each connection.
  modes=(keep close)
  for mode in "${modes[@]}"; do
    for name in "${contenders[@]}"; do
      "start_$name" "$mode-$name"
    done
  done
  start_nginx
  require_same_answer
  measure_servers
fi

for measured in drops start sweep; do
  [[ -n $only && $only != "$measured" ]] || "measure_$measured"
done
