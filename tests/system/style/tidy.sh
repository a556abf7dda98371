#!/bin/sh
# tidy.sh CLANG_TIDY BUILD_FOLDER: fails when clang-tidy finds anything in the container. The checks
# are those of .clang-tidy.
set -eu
commands=$(mktemp -d)
trap 'rm -rf "$commands"' EXIT
# Options of g++ that clang does not know are errors to it.
sed 's/ -fno-gnu-unique//g' "$2/compile_commands.json" >"$commands/compile_commands.json"
find container -name '*.cpp' -print0 |
  xargs -0 -n 1 -P "$(nproc)" "$1" --quiet -p "$commands" --extra-arg=-Wno-unknown-warning-option
