#!/bin/sh
# Builds three modules into apps/ with g++ only. The argument is the prefix that Shoal is installed in.
set -eu
cd "$(dirname "$0")"
prefix=${1:-/usr/local}

module() {
  mkdir -p "$(dirname "$1")"
  g++ -std=c++20 -O2 -shared -fPIC -fvisibility=hidden -fno-gnu-unique \
    -Wl,-z,now -Wl,-z,defs -I. -I"$prefix/include" -o "$@" -L"$prefix/lib" -lshoal
}

module apps/hello.so hello.cpp
module apps/site/layout/page.so layout/page.cpp -Wl,-soname,'$ORIGIN/site.layout.page.so'
module apps/site/screen/index.so screen/index.cpp apps/site/layout/page.so
