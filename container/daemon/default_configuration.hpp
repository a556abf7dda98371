#pragma once

#include <filesystem>

namespace shoal::daemon {

/// What the build knows of `cmake --install`.
struct Installation {
  std::filesystem::path prefix;         ///< unless `--prefix` chooses another
  std::filesystem::path bin;            ///< folder of `shoal`, relative to the prefix or absolute
  std::filesystem::path configuration;  ///< the file, relative to the prefix or absolute
};

/// Returns where the configuration of this `shoal` is, if the command line does not name it: an
/// installation in a prefix has its own, whatever prefix the build was configured with. A `shoal`
/// that is not installed has that of the configured prefix.
std::filesystem::path default_configuration(const std::filesystem::path& program,
                                            const Installation& installation);

/// The same for the program that runs.
std::filesystem::path default_configuration();

}  // namespace shoal::daemon
