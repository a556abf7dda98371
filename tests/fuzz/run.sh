#!/usr/bin/env bash
# Fuzzes container/elf for ten minutes, or for so many seconds: tests/fuzz/run.sh [seconds]
#
# Exits with 0 only if nothing was found. A finding lies in build/fuzz/findings; run
# `build/fuzz/tests/elf_fuzz FILE` to see it again, mend it, and add a test to tests/unit/elf.
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
# A seed above max_len would be cut, and so be an incomplete file at best.
exec nice -n 19 $build/tests/elf_fuzz \
  -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=1024 \
  -artifact_prefix=$build/findings/ -print_final_stats=1 \
  $build/corpus $build/tests/unit/elf/samples
