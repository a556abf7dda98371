#!/bin/sh
# Builds the modules, then serves them on http://127.0.0.1:8080/ until Ctrl-C.
set -eu
cd "$(dirname "$0")"
PATH=$PATH:/usr/sbin:/sbin # Debian has nginx there, but not in the PATH of ordinary users

die() {
  echo "start.sh: $*" >&2
  exit 1
}

for program in cmake nginx; do
  command -v "$program" >/dev/null || die "$program is missing: apt install $program"
done
cmake -B build -DCMAKE_BUILD_TYPE=Release ||
  die "if CMake has not found Shoal, run cmake -B build -DCMAKE_PREFIX_PATH=PREFIX, then sh start.sh"
cmake --build build

# The container of the same installation as the headers that CMake has found.
prefix=$(sed -n 's|^Shoal_DIR:PATH=\(.*\)/lib.*/cmake/Shoal$|\1|p' build/CMakeCache.txt)
shoal=$prefix/bin/shoal
[ -x "$shoal" ] || die "$shoal is missing: install Shoal again"
mkdir -p -m 700 run
"$shoal" check -c shoal.yaml

container='' server=''
trap 'kill $container $server 2>/dev/null || true; wait' EXIT
trap 'exit 0' INT TERM
"$shoal" serve -c shoal.yaml &
container=$!
user=
[ "$(id -u)" -ne 0 ] || user='user root;' # other users may not enter root's folders
nginx -e stderr -p "$PWD" -c nginx.conf -g "$user" &
server=$!
while kill -0 $container 2>/dev/null && kill -0 $server 2>/dev/null; do
  sleep 1 &
  wait $! || true
done
die "the container or nginx has ended; the reason is above"
