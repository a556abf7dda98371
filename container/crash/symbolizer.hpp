#pragma once

#include <filesystem>

namespace shoal::crash {

/// Returns the path of the program shoal-symbolize (container/symbolize): beside this program, or
/// where it is installed. The file may be missing.
std::filesystem::path symbolizer();

}  // namespace shoal::crash
