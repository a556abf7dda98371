#pragma once

#include <string>

namespace shoal::generations {

/// What to say when the dynamic linker misses a symbol or a version (`words` are its own) that only
/// a newer file of a library has: this process has had an older one mapped since before that file
/// was replaced. Names both, and what helps. Empty when it is nothing of the kind. Loader thread
/// only, for it asks the dynamic linker.
std::string newer_than_what_is_mapped(const std::string& words);

}  // namespace shoal::generations
