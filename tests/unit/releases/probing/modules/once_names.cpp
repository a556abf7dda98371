// A library that takes a name only once per process, as protobuf, gflags and GType do.
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

extern "C" void once_register(const char* name) {
  static auto& names = *new std::set<std::string>;  // NOLINT: for ever
  if (names.insert(name).second) return;
  std::fprintf(stderr, "once: %s is registered already\n", name);
  std::abort();
}
