#pragma once

#include <string>
#include <string_view>

namespace shoal::crash {

/// Returns a line that `write_frame` wrote with the name of its function demangled. Returns any
/// other line unchanged.
std::string demangled(std::string_view frame_line);

}  // namespace shoal::crash
