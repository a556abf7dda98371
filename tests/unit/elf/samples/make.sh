#!/bin/sh
# make.sh FOLDER INCLUDE: builds the shared objects that tests/unit/elf reads, with g++ and each linker of
# this machine. The flags of the build do not apply: tests depend on what each file is.
#
#   base.V.L.so          soname base.so, version V, made by linker L
#   child.V.L.so         needs base.so
#   bare.V.L.so          the base without a soname
#   child_of_bare.V.L.so needs bare.so
#   versioned.L.so       the base with a version script; child_of_versioned.L.so needs its versions
#   handler.L.so         has SHOAL_MODULE; built with --gc-sections and stripped
#   silent.L.so          exports nothing
set -eu
folder=$1
include=$2
sources=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder"
cd "$folder"

compile() {  # compile OBJECT SOURCE [FLAG...]
  object=$1
  source=$2
  shift 2
  g++ -std=c++20 -O1 -fPIC -fvisibility=hidden -I"$include" "$@" -c "$sources/$source" -o "$object"
}
link() {  # link OUTPUT LINKER INPUT...
  output=$1
  linker=$2
  shift 2
  g++ -shared -fuse-ld="$linker" -o "$output" "$@"
}

for version in 1 2; do
  compile base.$version.o base.cpp -DVERSION=$version
  compile child.$version.o child.cpp -DVERSION=$version
done
compile handler.o handler.cpp -ffunction-sections -fdata-sections
compile silent.o silent.cpp
compile plain.o plain.cpp
compile threads.o threads.cpp -ftls-model=initial-exec

linkers=
for linker in bfd gold lld mold; do
  command -v ld.$linker >/dev/null || continue
  linkers="$linkers $linker"
  for version in 1 2; do
    link base.$version.$linker.so $linker base.$version.o -Wl,-soname,base.so
    link child.$version.$linker.so $linker child.$version.o base.$version.$linker.so
    link bare.so $linker base.$version.o
    link child_of_bare.$version.$linker.so $linker child.$version.o bare.so
    mv bare.so bare.$version.$linker.so
  done
  link versioned.$linker.so $linker base.1.o -Wl,-soname,versioned.so \
    -Wl,--version-script="$sources/versions.map"
  link child_of_versioned.$linker.so $linker child.1.o versioned.$linker.so
  link handler.$linker.so $linker handler.o -Wl,--gc-sections
  strip handler.$linker.so
  link silent.$linker.so $linker silent.o -Wl,--as-needed
  link initial_exec.$linker.so $linker threads.o
done
echo $linkers >linkers

link nodelete.so bfd base.1.o -Wl,-z,nodelete
link nodlopen.so bfd base.1.o -Wl,-z,nodlopen
link run_path.so bfd plain.o -Wl,--enable-new-dtags '-Wl,-rpath,$ORIGIN/lib:/opt/one'
link old_run_path.so bfd plain.o -Wl,--disable-new-dtags -Wl,-rpath,/opt/two
link short_name.so bfd base.1.o -Wl,-soname,b
link filter.so bfd plain.o -Wl,--filter,base.so
link both_hashes.so bfd base.1.o -Wl,--hash-style=both
link without_hooks.so bfd plain.o -nostartfiles
# The soname is the end of a needed name: linkers store both as one string.
link layout_page.so bfd base.1.o -Wl,-soname,layout.page.so
link tail.so bfd child.1.o layout_page.so -Wl,-soname,page.so
g++ -pie -O1 "$sources/program.cpp" -o program
compile odd_symbol.o odd_symbol.cpp
link odd_symbol.so bfd odd_symbol.o -Wl,-soname,layout.page.so
compile asks_weakly.o asks_weakly.cpp
link asks_weakly.so bfd asks_weakly.o
compile unnoted.o unnoted.cpp
link unnoted.so bfd unnoted.o
compile destructor.o threads.cpp -DWITH_DESTRUCTOR
link destructor.so bfd destructor.o
compile lto.o handler.cpp -flto
link lto.so bfd lto.o -flto
compile debugmode.o handler.cpp -D_GLIBCXX_DEBUG
link debugmode.so bfd debugmode.o
compile old_strings.o handler.cpp -D_GLIBCXX_USE_CXX11_ABI=0
link old_strings.so bfd old_strings.o
for sanitizer in address thread undefined; do
  compile sanitizer.o plain.cpp -fsanitize=$sanitizer
  link $sanitizer.so bfd sanitizer.o -fsanitize=$sanitizer
done
compile sanitizer.o handler.cpp -fsanitize=address
link address_handler.so bfd sanitizer.o -fsanitize=address
if command -v clang++ >/dev/null; then
  clang++ -std=c++20 -O1 -fPIC -fsanitize=address -I"$include" -shared "$sources/handler.cpp" \
    -o clang_address_handler.so
  clang++ -std=c++20 -O1 -fPIC -I"$include" -shared "$sources/handler.cpp" -o clang_handler.so
fi
rm -f ./*.o
