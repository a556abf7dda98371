#pragma once

#include <elf.h>

#include <string_view>

namespace shoal::elf {

/// Throws Error when the section table shows that the file is not completely written: linkers write
/// it last, and at the end of the file. Nothing else depends on it, so a file without one passes.
///
/// REQUIRES: `header` is the ELF header of `bytes`.
void require_sections(std::string_view bytes, const Elf64_Ehdr& header);

}  // namespace shoal::elf
