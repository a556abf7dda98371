#pragma once

#include <string>
#include <vector>

namespace shoal::elf {

/// A shared object that holds nothing but DT_NEEDED entries, in this order, and this soname. Opened
/// in place of a handler, with the handler last and what it needs before it, it makes one scope of
/// them all: an inline static that two of them define is one object.
///
/// REQUIRES: no name is empty or holds a NUL.
std::string stub(const std::vector<std::string>& needed, const std::string& soname);

}  // namespace shoal::elf
