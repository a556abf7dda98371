#include "crash/demangle.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>

namespace shoal::crash {

std::string demangled(std::string_view frame_line) {
  // #3 0x7f12 _ZN4Fish4swimEv+0x12 (pond.fish.so+0x1149)
  std::string line(frame_line);
  const auto begin = line.find(" _Z");
  const auto end = line.find("+0x", begin);
  if (!line.starts_with('#') || begin == std::string::npos || end == std::string::npos) {
    return line;
  }
  const std::string name = line.substr(begin + 1, end - begin - 1);
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> readable(
      abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), &std::free);
  if (status == 0) line.replace(begin + 1, name.size(), readable.get());
  return line;
}

}  // namespace shoal::crash
