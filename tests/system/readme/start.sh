#!/bin/sh
# Builds the modules, then serves them on http://127.0.0.1:8080/ until Ctrl-C.
set -eu
cd "$(dirname "$0")"
cmake -B build -DCMAKE_BUILD_TYPE=Release
cmake --build build
mkdir -p run
shoal check -c shoal.yaml
shoal serve -c shoal.yaml &
container=$!
nginx -e stderr -p "$PWD" -c nginx.conf &
server=$!
trap 'kill $container $server 2>/dev/null || true' INT TERM EXIT
wait
