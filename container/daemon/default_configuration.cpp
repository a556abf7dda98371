#include "daemon/default_configuration.hpp"

#include <system_error>

namespace fs = std::filesystem;

namespace shoal::daemon {
namespace {

/// Returns `folder` without the elements of `end`; empty if it does not end with them.
fs::path without(fs::path folder, fs::path end) {
  for (; !end.empty(); end = end.parent_path(), folder = folder.parent_path()) {
    if (folder.filename() != end.filename()) return {};
  }
  return folder;
}

/// Returns the prefix in which the program is installed; empty if it is not installed.
fs::path prefix_of(const fs::path& program, const fs::path& bin) {
  if (bin.is_absolute()) return {};
  const fs::path prefix = without(program.parent_path(), bin);
  std::error_code error;  // a build folder has a bin folder, too
  return fs::exists(prefix / "CMakeCache.txt", error) ? fs::path() : prefix;
}

}  // namespace

fs::path default_configuration(const fs::path& program, const Installation& installation) {
  const fs::path prefix = prefix_of(program, installation.bin);
  return (prefix.empty() ? installation.prefix : prefix) / installation.configuration;
}

fs::path default_configuration() {
  std::error_code error;  // without /proc, as if it were not installed
  return default_configuration(
      fs::read_symlink("/proc/self/exe", error),
      {SHOAL_INSTALL_PREFIX, SHOAL_INSTALL_BIN, SHOAL_INSTALL_CONFIGURATION});
}

}  // namespace shoal::daemon
