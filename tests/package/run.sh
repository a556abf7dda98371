#!/usr/bin/env bash
# Builds the Debian packages and uses them in a clean Debian: installs them, follows the runbook,
# builds a module with them, serves requests through restarts, rotates the log, removes and purges them.
# Needs root. No systemd runs in that Debian: stand_in.pl in this folder holds the sockets instead.
#
#   tests/package/run.sh        also: tests/run.sh --package
#
# debootstrap makes the Debian in memory (about 700 MB). It has the release of this machine and gets its
# packages from the same server. Downloads stay in build/package/debian, so that the next run is faster.
# Mounts, memory and processes of the test are in namespaces of their own: they disappear when the test
# ends, however it ends. The log is build/package/debian/log.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
debian=$PWD/build/package/debian
root=$debian/root
socket=/run/shoal/shoal.sock

die() {
  echo "FAILED  $*" >&2
  [[ ! -s $root/served ]] || sed 's/^/    shoal: /' "$root/served" >&2
  exit 1
}

passed=0
check() {  # check WHAT IS TRUE COMMAND...: the test fails unless the command succeeds
  local what=$1
  shift
  "$@" || die "$what: $*"
  echo "ok      $what"
  passed=$((passed + 1))
}

# --- the Debian ------------------------------------------------------------------------------------

inside() {
  chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root \
    DEBIAN_FRONTEND=noninteractive "$@"
}
as() { inside setpriv --reuid "$1" --regid "$1" --init-groups "${@:2}"; }
install() { inside apt-get install --yes --quiet --no-install-recommends "$@" >>"$debian/log" 2>&1; }

bootstrap() {
  . /etc/os-release
  local sources mirror
  sources=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
    grep -E "^[^ ]+ $VERSION_CODENAME(-[a-z]+)? " | sort --unique)
  mirror=$(awk -v release="$VERSION_CODENAME" '$2 == release { print $1; exit }' <<<"$sources")
  [[ -n $mirror ]] || die "apt has no source of $VERSION_CODENAME on this machine; add one in /etc/apt"
  echo "        debootstrap $VERSION_CODENAME from $mirror"
  debootstrap --variant=minbase "$VERSION_CODENAME" "$root" "$mirror" >>"$debian/log" ||
    die "debootstrap failed; read $debian/log"
  sed 's/^/deb /' <<<"$sources" >"$root/etc/apt/sources.list"
  # The settings of this machine for proxies and the like.
  apt-config dump Acquire --format '%F "%v";%n' | grep -E '^Acquire::(https?|Check-|Retries).* "..*"' \
    >"$root/etc/apt/apt.conf.d/90machine" || true
  # Installing a package must not start its service: no init runs here.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  rm -f "$root"/var/cache/apt/archives/*.deb
  tar --create --file "$debian/base.tar.new" --directory "$root" --one-file-system .
  mv "$debian/base.tar.new" "$debian/base.tar"
}

prepare_root() {
  mkdir -p "$root" "$debian/archives/partial"
  mount -t tmpfs -o mode=755 debian "$root"
  : >"$debian/log"
  if [[ -e $debian/base.tar ]]; then
    tar --extract --file "$debian/base.tar" --directory "$root"
  else
    bootstrap
  fi
  mount -t proc proc "$root/proc"
  mount --bind "$debian/archives" "$root/var/cache/apt/archives"
  [[ ! -e /etc/resolv.conf ]] || cp --dereference /etc/resolv.conf "$root/etc/resolv.conf"
  inside apt-get update --quiet >>"$debian/log" || die "apt-get update failed; read $debian/log"
}

# --- conditions ------------------------------------------------------------------------------------

looks() { [[ $(inside stat --format '%U:%G %a' "$1") == "$2" ]]; }
is_there() { inside test -e "$1"; }
is_gone() { ! is_there "$1"; }
has_line() { inside grep --quiet --line-regexp --fixed-strings "$2" "$1"; }
in_group() { inside id --groups --name "$1" | grep --quiet --word-regexp "$2"; }
no_user() { ! inside getent passwd "$1"; }

# Returns true if systemd-analyze finds nothing wrong with the units. Otherwise prints what it says.
units_are_good() {
  local units=$debian/units said
  rm -rf "$units"
  mkdir "$units"
  cp "$root"/usr/lib/systemd/system/shoal{,@}.{service,socket} "$units"
  sed -i "s|=/usr/bin/shoal |=$root/usr/bin/shoal |" "$units"/*.service
  cp "$units/shoal@.service" "$units/shoal@second.service"
  cp "$units/shoal@.socket" "$units/shoal@second.socket"
  said=$(systemd-analyze verify --man=no "$units"/shoal{,@second}.{service,socket} 2>&1) && [[ -z $said ]] ||
    { echo "$said"; false; }
}
# is_exposed_at_most N UNIT: systemd-analyze rates exposure from 0, the best, to 100.
is_exposed_at_most() {
  systemd-analyze security --offline=true --threshold="$1" "$debian/units/$2" >>"$debian/log" 2>&1
}
hardening_of() { grep -E '^(No|Capab|Protect|Private|Restrict|Memory|System|Lock|Keyring|User|UMask)' "$1"; }
are_hardened_alike() {
  local folder=$root/usr/lib/systemd/system
  [[ $(hardening_of "$folder/shoal.service" | wc -l) -gt 15 ]] &&
    diff <(hardening_of "$folder/shoal.service") <(hardening_of "$folder/shoal@.service")
}

# Returns true if each file that a page of the manual links to is installed.
links_lead_somewhere() {
  local folder=/usr/share/doc/shoal link
  for link in $(grep -oh ']([^)#]*' "$root$folder/$1" | cut -c 3- | sort --unique); do
    [[ $link == http* ]] || is_there "$folder/$link" || return 1
  done
}

# Sends a request as the web server does: as its user, over the socket.
ask() {
  as www-data env REQUEST_METHOD=GET SCRIPT_NAME="$1" QUERY_STRING="${2:-}" REQUEST_URI="$1?${2:-}" \
    SERVER_PROTOCOL=HTTP/1.1 cgi-fcgi -bind -connect "$socket"
}
answers() { [[ $(ask /hello name=Ada) == *"$1"* ]]; }
eventually() {
  for _ in {1..300}; do
    ! "$@" 2>/dev/null || return 0
    sleep 0.1
  done
  "$@"
}

# Starts the container as shoal.socket and shoal.service do.
serve() {
  inside perl /stand_in.pl /run/shoal/shoal.sock shoal serve >"$root/served" 2>&1 &
  shoal=$!
  eventually answers "$1"
}
# Starts the container with a socket of its own, as configurations that were written for 0.1 do.
serve_without_systemd() {
  as shoal shoal serve >"$root/served" 2>&1 &
  shoal=$!
  eventually answers "$1"
}
send_term() { kill -TERM "$(<"$root/var/lib/shoal/shoal.pid")"; }
stops() {
  send_term
  wait "$shoal"
}

# Restarts the container five times, as `systemctl restart shoal` does, while four visitors ask without a
# pause. Returns true if all of them got answers.
visitor() {
  while [[ ! -e $debian/enough ]]; do
    if answers "Ada!"; then echo answered; else echo lost; fi
  done
}
restarts_lose_nothing() {
  local visitors=() times before lost all
  rm -f "$debian/enough" "$debian"/visits.*
  for i in {1..4}; do
    visitor >"$debian/visits.$i" 2>>"$debian/log" &
    visitors+=($!)
  done
  for times in {1..5}; do
    before=$(<"$root/var/lib/shoal/shoal.pid")
    : >"$root/again"
    send_term
    eventually pid_is_not "$before"
    eventually answers "Ada!"
  done
  : >"$debian/enough"
  wait "${visitors[@]}"
  lost=$(cat "$debian"/visits.* | grep --count lost || true)
  all=$(cat "$debian"/visits.* | wc --lines)
  echo "        lost $lost of $all requests in $times restarts"
  ((lost == 0 && all >= times))
}
# Not $(<file), which ends the script if the file does not exist.
pid_is_not() { [[ $(cat "$root/var/lib/shoal/shoal.pid") != "$1" ]]; }

# visit HOST PATH: prints what the nginx of the Debian answers. It runs in a network namespace of its own,
# where port 80 is free.
visit() {
  unshare --net -- "$BASH" -c '
    ip link set lo up
    chroot "$1" /usr/sbin/nginx
    curl --silent --include --max-time 60 --header "Host: $2" "http://127.0.0.1$3"
    chroot "$1" /usr/sbin/nginx -s stop' - "$root" "$1" "$2" 2>>"$debian/log"
}
shows() { [[ $(visit "$1" "$2") == *"$3"* ]]; }

# Follows the runbook's steps for nginx literally, except the last, which needs systemd.
follow_the_runbook() {
  sed -n '/^cp deploy.nginx/,/^```/p' "$root/usr/share/doc/shoal/RUNBOOK.md" |
    sed -e '/^```/d' -e 's|deploy/|/usr/share/doc/shoal/examples/|' -e 's| && systemctl reload nginx||' \
      >"$root/steps"
  grep --quiet sites-enabled/default "$root/steps"
  inside sh -ex /steps >>"$debian/log" 2>&1
}
has_a_second_service() {
  sed -n '/^install -d .usr.lib.shoal-second/,/^```/p' "$root/usr/share/doc/shoal/RUNBOOK.md" |
    sed -e '/^```/d' -e '/^systemctl/d' >"$root/steps"
  inside sh -ex /steps >>"$debian/log" 2>&1
  # The folders that systemd would make for the unit.
  inside install -d -o shoal -g shoal -m 700 /var/lib/shoal-second
  inside install -d -o shoal -g shoal -m 755 /run/shoal-second
  inside cp /hello.so /usr/lib/shoal-second/apps
  cp "$root/usr/share/doc/shoal/examples/nginx/second.conf" "$root/etc/nginx/sites-enabled/second"
  inside perl /stand_in.pl /run/shoal-second/shoal.sock shoal serve -c /etc/shoal/second.yaml \
    >"$root/served-second" 2>&1 &
  second=$!
  eventually shows second.localhost "/hello?name=Ada" "Ada!"
}
second_stops() {
  kill -TERM "$(<"$root/var/lib/shoal-second/shoal.pid")"
  wait "$second"
  rm "$root/etc/shoal/second.yaml"  # a purge would keep it, since an administrator wrote it
}

# Makes an installation of 0.1: a configuration with a socket of its own, and shoal.socket not enabled.
make_it_old() {
  inside env DPKG_MAINTSCRIPT_PACKAGE=shoal deb-systemd-helper disable shoal.socket
  inside env DPKG_MAINTSCRIPT_PACKAGE=shoal deb-systemd-helper update-state shoal.socket
  cp "$root/etc/shoal/shoal.yaml" "$root/with-systemd.yaml"
  sed -i 's/unknown: key/greeting: Ahoy/' "$root/with-systemd.yaml"
  awk '/^listen:/ { print "listen: { socket: \"unix:/run/shoal/shoal.sock\", mode: \"0660\", group: www-data }"; next }
       !/^  - systemd/' "$root/with-systemd.yaml" >"$root/etc/shoal/shoal.yaml"
}

# Builds the module hello, with another greeting, with find_package(Shoal).
build_module() {
  mkdir "$root/hello"
  sed 's/"Hello"/"Ahoy"/' apps/hello/hello.cpp >"$root/hello/hello.cpp"
  cat >"$root/hello/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(Hello LANGUAGES CXX)
find_package(Shoal REQUIRED)
shoal_add_module(hello SOURCES hello.cpp)
CMAKE
  inside sh -ec 'cmake -S /hello -B /hello/build; cmake --build /hello/build' >>"$debian/log" 2>&1
}
drop() { inside shoal drop "$1" --apps /usr/lib/shoal/apps >>"$debian/log"; }
# Prints the number of the generation of hello that serves.
generation() { ask /hello | sed -n 's|^X-Shoal-Generation: hello/\([0-9]*\).*|\1|p'; }

upgrades() { inside dpkg --install /shoal.deb >>"$debian/log" 2>&1; }
removes() { inside apt-get remove --yes --quiet shoal libshoal-dev >>"$debian/log" 2>&1; }
purges() { inside dpkg --purge shoal libshoal-dev >>"$debian/log" 2>&1; }

rotates() {
  inside logrotate --force /etc/logrotate.d/shoal && is_there /var/log/shoal/shoal.log.1
}
nothing_serves_as_root() { writes_log && ! inside grep "serving as root" /var/log/shoal/shoal.log; }
writes_log() { inside test -s /var/log/shoal/shoal.log; }

# --- main ------------------------------------------------------------------------------------------

use_packages() {
  prepare_root
  local version configuration=/etc/shoal/shoal.yaml
  version=$(sed -n 's/^project(Shoal VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
  cp build/package/shoal_"$version"-1_*.deb "$root/shoal.deb"
  cp build/package/libshoal-dev_"$version"-1_*.deb "$root/libshoal-dev.deb"

  check "both install, with their dependencies" install /shoal.deb /libshoal-dev.deb
  check "the program runs" test "$(inside shoal --version)" = "shoal $version"
  check "the user shoal may give the socket to the web server" in_group shoal www-data
  check "only the user shoal can enter run" looks /var/lib/shoal "shoal:shoal 700"
  check "the user shoal can write logs" looks /var/log/shoal "shoal:shoal 750"
  check "the web server can enter the socket's folder" looks /run/shoal "shoal:shoal 755"
  check "the user shoal cannot write to apps" looks /usr/lib/shoal/apps "root:root 755"
  local file
  for file in "$configuration" /etc/logrotate.d/shoal /usr/lib/systemd/system/shoal{,@}.{service,socket} \
    /usr/share/doc/shoal/{RUNBOOK,CONFIGURATION,MONITORING}.md /usr/share/bash-completion/completions/shoal; do
    check "$file is installed" is_there "$file"
  done
  check "systemd-analyze finds nothing wrong with the units" units_are_good
  check "the service is hardened" is_exposed_at_most 20 shoal.service
  check "a further service is hardened" is_exposed_at_most 20 shoal@second.service
  check "the service is enabled" is_there /etc/systemd/system/multi-user.target.wants/shoal.service
  check "the socket is enabled" is_there /etc/systemd/system/sockets.target.wants/shoal.socket
  check "the configuration listens on systemd's socket" has_line "$configuration" "  - systemd"
  check "further services are hardened like the first" are_hardened_alike
  for file in RUNBOOK CONFIGURATION MONITORING; do
    check "all files that $file.md links to are installed" links_lead_somewhere "$file.md"
  done

  check "nginx and the tools of this test install" install libfcgi-bin logrotate nginx-light
  cp tests/package/stand_in.pl "$root/stand_in.pl"
  # Two settings are changed, as an administrator would; the others stay as shipped.
  sed -i -e 's/\(greeting\): Hello/\1: Hello again/' -e 's|file: stderr|file: /var/log/shoal/shoal.log|' \
    "$root$configuration"
  cp build/package/apps/hello.so "$root/hello.so"
  check "a module is dropped" drop /hello.so
  check "the shipped configuration serves the module to www-data" serve "Hello again, Ada!"

  check "restarts lose no request" restarts_lose_nothing
  cp --recursive build/package/apps/aquarium "$root/usr/lib/shoal/apps/"
  check "Debian's nginx shows its own page" shows 192.0.2.7 / "Welcome to nginx!"
  check "the runbook's steps for nginx work" follow_the_runbook
  check "Shoal answers under every host name" shows 192.0.2.7 / "X-Shoal-Generation: aquarium/"
  check "a second service works beside the first" has_a_second_service
  check "the first service still answers" shows localhost / "X-Shoal-Generation: aquarium/"
  check "the second service stops on TERM" second_stops
  check "neither service runs as root" nothing_serves_as_root

  check "the log is rotated" rotates
  check "a compiler installs" install cmake make g++
  check "a module builds with libshoal-dev" build_module
  sed -i 's/greeting: Hello again/unknown: key/' "$root$configuration"
  local next=hello/$(($(generation) + 1))  # each start above has made a generation
  check "the module that was built is dropped" drop /hello/build/apps/hello.so
  check "it replaces the former one" eventually answers "X-Shoal-Generation: $next"
  check "the log is written to the new file" eventually writes_log
  check "an upgrade installs" upgrades
  check "the container still runs, since no systemd restarts it" answers "$next"
  check "the container stops on TERM" stops

  check "an installation of 0.1 is imitated" make_it_old
  check "an upgrade of it installs" upgrades
  check "the upgrade does not enable the socket" is_gone /etc/systemd/system/sockets.target.wants/shoal.socket
  check "the configuration of 0.1 serves as before" serve_without_systemd "hello/"
  check "the container of 0.1 stops on TERM" stops
  cp "$root/with-systemd.yaml" "$root$configuration"
  check "an upgrade installs over a configuration that listens on systemd" upgrades
  check "the upgrade enables the socket" is_there /etc/systemd/system/sockets.target.wants/shoal.socket

  check "both are removed" removes
  for file in /usr/bin/shoal /usr/include/shoal /usr/lib/systemd/system/shoal.service; do
    check "$file is gone" is_gone "$file"
  done
  check "the changed configuration is kept" \
    has_line "$configuration" "  file: /var/log/shoal/shoal.log"
  check "the modules are kept" is_there /usr/lib/shoal/apps/hello.so
  check "the State of the modules is kept" is_there /var/lib/shoal/state

  check "both are purged" purges
  for file in /etc/shoal /etc/logrotate.d/shoal /var/lib/shoal /var/log/shoal /run/shoal \
    /etc/systemd/system/multi-user.target.wants/shoal.service \
    /etc/systemd/system/sockets.target.wants/shoal.socket; do
    check "$file is gone" is_gone "$file"
  done
  check "the user is gone" no_user shoal
  check "a purge keeps the modules" is_there /usr/lib/shoal/apps/hello.so
  echo "$passed passed, 0 failed"
}

if [[ ${1:-} == --within ]]; then
  use_packages
  exit 0
fi
[[ $EUID -eq 0 ]] || die "not root, which debootstrap and mounts need; run it as root"
bash deploy/packages.sh package
cmake --preset package
rm -f build/package/*.deb
cmake --build --preset package -j "$(nproc)"
exec unshare --mount --pid --fork --kill-child --mount-proc "$BASH" tests/package/run.sh --within
