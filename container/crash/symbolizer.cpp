#include "crash/symbolizer.hpp"

#include <unistd.h>

#include <array>
#include <string_view>

namespace shoal::crash {

namespace fs = std::filesystem;

fs::path symbolizer() {
  std::array<char, 4096> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  if (size <= 0) return SHOAL_SYMBOLIZER;
  const fs::path folder =
      fs::path(std::string_view(path.data(), static_cast<std::size_t>(size))).parent_path();
  const fs::path built = folder / "shoal-symbolize";
  std::error_code ignored;
  return fs::exists(built, ignored) ? built : (folder / SHOAL_SYMBOLIZER).lexically_normal();
}

}  // namespace shoal::crash
