#!/usr/bin/env bash
# Builds Shoal and runs every test; works from a fresh clone on a bare machine, too.
#
#   tests/run.sh                 the preset dev
#   tests/run.sh dev asan tsan   these presets, one after the other (also: ubsan)
#   tests/run.sh --package       the Debian packages in a clean Debian, as root; and presets, if named
#   tests/run.sh --long          repeats the tests that tests/README.md lists far more often; some
#                                minutes more
#
# At the end of each preset it shows the ten slowest tests.
# It exits with 0 only if in each preset tests ran, all passed, no test was skipped, and no process that a
# test started left a sanitizer report.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
PATH="$PATH:/usr/sbin:/sbin"  # an ordinary user's path on Debian lacks nginx's folder

presets=()
package=
for word in "$@"; do
  case "$word" in
    --long) export SHOAL_LONG_RUN=yes ;;  # read by tests/long_run.hpp
    --package) package=yes ;;
    *) presets+=("$word") ;;
  esac
done
[[ ${#presets[@]} -gt 0 || -n $package ]] || presets=(dev)
for preset in "${presets[@]}"; do
  case "$preset" in
    dev | asan | tsan | ubsan) ;;
    *)
      echo "tests/run.sh: $preset: unknown preset; known: dev, asan, tsan, ubsan" >&2
      exit 2
      ;;
  esac
done

[[ ${#presets[@]} -eq 0 ]] || bash deploy/packages.sh test
if command -v ccache >/dev/null; then
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache
fi

# Every process of a test, the container included, writes its sanitizer reports into this folder. So a
# report counts even if the test did not read the output of that process.
export_sanitizer_options() {
  local reports=$1 suppressions=$PWD/tests/sanitizers common
  rm -rf "$reports"
  mkdir -p "$reports"
  common="log_path='$reports/report'"
  export ASAN_OPTIONS="$common:detect_stack_use_after_return=1:strict_string_checks=1"
  export LSAN_OPTIONS="report_objects=1:print_suppressions=0"
  export TSAN_OPTIONS="$common:second_deadlock_stack=1:print_suppressions=0"
  export UBSAN_OPTIONS="$common:print_stacktrace=1"
  [[ ! -f $suppressions/lsan.supp ]] || LSAN_OPTIONS+=":suppressions='$suppressions/lsan.supp'"
  [[ ! -f $suppressions/tsan.supp ]] || TSAN_OPTIONS+=":suppressions='$suppressions/tsan.supp'"
}

# Runs a command without randomized addresses, if this machine allows that. GCC 12's sanitizers cannot
# start where the kernel randomizes more address bits than they expect (vm.mmap_rnd_bits above 28).
without_random_addresses() {
  if setarch --addr-no-randomize true 2>/dev/null; then
    setarch --addr-no-randomize "$@"
  else
    "$@"
  fi
}

build() {
  cmake --preset "$1" && cmake --build --preset "$1" -j "$(nproc)"
}

# Prints the names of the tests that failed, one per line, from ctest's list at the end of its output.
failed_tests() {
  sed -nE 's/^\t *[0-9]+ - (.*) \([^()]*\)$/            \1/p' "$1"
}

# Prints the ten slowest tests and their seconds, one per line, from the output of ctest.
slowest_tests() {
  sed -nE 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: (.*[^ .]) \.+ *[^ 0-9].* ([0-9]+\.[0-9]+) sec.*$/\2 \1/p' "$1" |
    sort -rn | sed -n 1,10p | while read -r seconds name; do
    printf '%10s s  %s\n' "$seconds" "$name"
  done
}

# Builds and tests one preset, and puts the result into $verdict. Returns false unless all is good.
run_preset() {
  local preset=$1 build=$PWD/build/$1 begin=$SECONDS built counted reports
  local log=$build/tests.log run=()
  [[ $preset == dev ]] || run=(without_random_addresses)

  echo "=== $preset"
  if ! build "$preset"; then
    verdict="did not build"
    return 1
  fi
  built=$((SECONDS - begin))

  export_sanitizer_options "$build/reports"
  local passed=yes names
  # One more than the cores of a small machine, since many tests wait for other programs. Not more on a
  # larger machine, since the tests' timeouts were tried with this many.
  "${run[@]}" ctest --test-dir "$build" --output-on-failure --no-tests=error -j3 2>&1 |
    tee "$log" || passed=
  echo "The slowest tests of $preset:"
  slowest_tests "$log"

  counted=$(grep -E '^[0-9]+% tests passed' "$log" || echo "no test ran")
  verdict="$counted; built in $built s, tested in $((SECONDS - begin - built)) s"
  if grep -qE 'Not Run|\*\*\*Skipped|did not run:' "$log"; then
    verdict+="; some tests were skipped or not run"
    passed=
  fi
  reports=$(find "$build/reports" -type f | sort)
  if [[ -n $reports ]]; then
    verdict+="; sanitizer reports in $build/reports"
    passed=
    echo "Sanitizer reports of $preset:"
    xargs -d '\n' head -n 60 <<<"$reports"
  fi
  names=$(failed_tests "$log")
  [[ -z $names ]] || verdict+=$'\n'$names
  [[ -n $passed ]]
}

failed=
summary=
for preset in "${presets[@]}"; do
  verdict=
  if run_preset "$preset"; then
    summary+="  ok      $preset: $verdict"$'\n'
  else
    summary+="  FAILED  $preset: $verdict"$'\n'
    failed=yes
  fi
done
if [[ -n $package ]]; then
  begin=$SECONDS
  if bash tests/package/run.sh; then
    summary+="  ok      package: in $((SECONDS - begin)) s"$'\n'
  else
    summary+="  FAILED  package"$'\n'
    failed=yes
  fi
fi

printf '\n=== Summary\n%s' "$summary"
[[ -z $failed ]]
