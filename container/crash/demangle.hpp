#pragma once

#include <string>
#include <string_view>

namespace shoal::crash {

/// A line as `write_frame` writes it, with the function as its author knows it. Any other line
/// comes back as it is.
std::string demangled(std::string_view frame_line);

}  // namespace shoal::crash
