#pragma once

#include <string>
#include <vector>

namespace shoal::elf {

/// Returns a shared object with nothing but this soname and these DT_NEEDED entries, in this order.
/// Open it in place of a handler, with the handler as its last entry and the handler's bases before
/// it: then all of them share one scope, and an inline static that two of them define is one
/// object.
///
/// REQUIRES: no name is empty or contains a NUL.
std::string stub(const std::vector<std::string>& needed, const std::string& soname);

}  // namespace shoal::elf
