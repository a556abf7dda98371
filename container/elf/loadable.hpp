#pragma once

#include <string_view>

#include "elf/error.hpp"
#include "elf/facts.hpp"

namespace shoal::elf {

/// The text that SHOAL_MODULE would note in a module built as this container is.
std::string_view container_abi();

/// Throws Error for what dlopen would do badly, or well and then be called wrongly: thread-local
/// storage that runs out, a sanitizer that this container lacks (the dynamic linker would end the
/// process), a handler without a note of its ABI or with another one. Names the field that differs,
/// both values, and the remedy.
void require_loadable(const Facts& facts);

/// The same for a container whose own note would be `container`.
void require_loadable(const Facts& facts, std::string_view container);

}  // namespace shoal::elf
