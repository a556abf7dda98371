#include "status/overview.hpp"

#include <charconv>
#include <chrono>

namespace shoal::status {

Time now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::uint64_t number_of(const std::string& generation) {
  const std::size_t slash = generation.rfind('/');
  if (slash == std::string::npos) return 0;
  std::uint64_t number = 0;
  const char* end = generation.data() + generation.size();
  const auto [stop, error] = std::from_chars(generation.data() + slash + 1, end, number);
  return error == std::errc() && stop == end ? number : 0;
}

}  // namespace shoal::status
