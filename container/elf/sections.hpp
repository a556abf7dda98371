#pragma once

#include <elf.h>

#include <string_view>

namespace shoal::elf {

/// Linkers write the section table last and behind everything else, so it shows a file that is not
/// written whole, although nothing that is loaded depends on it. A file without one passes. Throws
/// Error.
///
/// REQUIRES: `header` is that of `bytes`.
void require_sections(std::string_view bytes, const Elf64_Ehdr& header);

}  // namespace shoal::elf
