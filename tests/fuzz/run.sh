#!/usr/bin/env bash
# Fuzzes container/elf, or the reader of requests in container/fastcgi, for 600 seconds or as long as given:
# tests/fuzz/run.sh [elf|requests] [SECONDS]
#
# Exits with 0 only if nothing was found. A finding is a file in build/fuzz/findings: run
# `build/fuzz/tests/elf_fuzz FILE` (or request_fuzz) to reproduce it, fix it, and add a test to
# tests/unit/elf (or tests/unit/fastcgi).
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
what=elf
if [[ ${1:-} =~ ^[a-z] ]]; then
  what=$1
  shift
fi
seconds=${1:-600}
build=build/fuzz
case $what in
  elf) target=elf_fuzz seeds=$build/tests/unit/elf/samples ;;
  requests) target=request_fuzz seeds=$build/tests/fuzz/request_seeds ;;
  *)
    echo "tests/fuzz/run.sh: $what: neither elf nor requests" >&2
    exit 2
    ;;
esac
if [[ ! $seconds =~ ^[1-9][0-9]*$ ]]; then
  echo "tests/fuzz/run.sh: $seconds: not a number of seconds" >&2
  exit 2
fi

cmake --preset fuzz
cmake --build --preset fuzz --target $target

corpus=$build/corpus/$what
mkdir -p $corpus $build/findings
# libFuzzer cuts a seed that is larger than max_len, which makes it an incomplete file.
exec nice -n 19 $build/tests/$target \
  -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=1024 \
  -artifact_prefix=$build/findings/ -print_final_stats=1 \
  $corpus $seeds
