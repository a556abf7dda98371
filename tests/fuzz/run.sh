#!/usr/bin/env bash
# Fuzzes container/elf for 600 seconds, or as long as given: tests/fuzz/run.sh [SECONDS]
#
# Exits with 0 only if nothing was found. A finding is a file in build/fuzz/findings: run
# `build/fuzz/tests/elf_fuzz FILE` to reproduce it, fix it, and add a test to tests/unit/elf.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=${1:-600}
if [[ ! $seconds =~ ^[1-9][0-9]*$ ]]; then
  echo "tests/fuzz/run.sh: $seconds: not a number of seconds" >&2
  exit 2
fi

cmake --preset fuzz
cmake --build --preset fuzz --target elf_fuzz

build=build/fuzz
mkdir -p $build/corpus $build/findings
# libFuzzer cuts a seed that is larger than max_len, which makes it an incomplete file.
exec nice -n 19 $build/tests/elf_fuzz \
  -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=1024 \
  -artifact_prefix=$build/findings/ -print_final_stats=1 \
  $build/corpus $build/tests/unit/elf/samples
