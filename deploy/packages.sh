#!/usr/bin/env bash
# Installs the Debian packages that Shoal needs, and only those that are missing.
#
#   deploy/packages.sh         to build and run Shoal, with a web server in front
#   deploy/packages.sh test    the same, and what tests/run.sh needs
#   deploy/packages.sh package the same as without an argument, and what tests/package/run.sh needs
#   deploy/packages.sh bench   the same as without an argument, and what tests/bench/run.sh needs
#
# If no package is missing, it does nothing and needs no rights. Otherwise it needs root, or sudo.
# It does not start the services of the web servers and of php-fpm.
set -euo pipefail

# program:package. Any installed program of that name will do, even if it is of another package.
programs=(g++:g++ make:make cmake:cmake ninja:ninja-build pkg-config:pkg-config nginx:nginx-light curl:curl
          git:git)
libraries=(libboost-dev libboost-filesystem-dev libcli11-dev libdw-dev libfcgi-dev liblmdb-dev
           libspdlog-dev libsystemd-dev liburiparser-dev libyaml-cpp-dev nettle-dev nlohmann-json3-dev
           ca-certificates)

case "${1:-run}" in
  run) ;;
  test)
    programs+=(apache2:apache2-bin caddy:caddy cgi-fcgi:libfcgi-bin h2o:h2o haproxy:haproxy
               lighttpd:lighttpd spawn-fcgi:spawn-fcgi
               readelf:binutils clang++:clang clang-format:clang-format clang-tidy:clang-tidy ld.lld:lld
               mold:mold python3:python3 rsync:rsync systemd-socket-activate:systemd)
    programs+=(chromium:chromium gdb:gdb pgrep:procps valgrind:valgrind)
    # apache2-bin contains the program and its modules, but not a site or a service.
    libraries+=(libapache2-mod-fcgid libbenchmark-dev libcpp-httplib-dev libgmock-dev libgtest-dev
                libsqlite3-dev python3-prometheus-client)
    ;;
  package)
    programs+=(debootstrap:debootstrap dpkg-shlibdeps:dpkg-dev file:file systemd-analyze:systemd
               ip:iproute2)
    ;;
  bench)
    programs+=(wrk:wrk python3:python3)
    libraries+=(libbenchmark-dev libsqlite3-dev php-fpm)
    ;;
  *)
    echo "deploy/packages.sh: $1: unknown set; known: run, test, package, bench" >&2
    exit 2
    ;;
esac

PATH="$PATH:/usr/sbin:/sbin"  # an ordinary user's path on Debian lacks nginx's folder
export DEBIAN_FRONTEND=noninteractive

is_installed() {
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

has_candidate() {
  local policy
  policy=$(LC_ALL=C apt-cache policy "$1")
  [[ $policy == *Candidate:* && $policy != *"Candidate: (none)"* ]]
}

install_missing() {
  apt-get install --yes --no-install-recommends "${missing[@]}"
}

if ! command -v apt-get >/dev/null; then
  echo "deploy/packages.sh: this machine has no apt-get, so nothing was checked or installed." >&2
  echo "  Install what Debian calls: ${programs[*]#*:} ${libraries[*]}" >&2
  exit 0
fi

missing=()
for program in "${programs[@]}"; do
  command -v "${program%%:*}" >/dev/null || missing+=("${program#*:}")
done
for library in "${libraries[@]}"; do
  is_installed "$library" || missing+=("$library")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

if [[ $EUID -ne 0 ]]; then
  if command -v sudo >/dev/null; then
    echo "Installing missing packages by sudo, which may ask for your password: ${missing[*]}"
    exec sudo -- "$BASH" "$0" "$@"
  fi
  echo "deploy/packages.sh: packages are missing, and you are not root and have no sudo." >&2
  echo "  Ask an administrator to run:" >&2
  echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 1
fi

# Debian starts the services it installs, unless this file forbids it. If the file exists, it is left as
# the administrator wrote it.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

echo "Installing: ${missing[*]}"
updated=
for package in "${missing[@]}"; do
  if ! has_candidate "$package"; then
    apt-get update
    updated=yes
    break
  fi
done
if ! install_missing; then
  [[ -z $updated ]] || exit 1
  apt-get update  # the lists may be older than the archive
  install_missing
fi
