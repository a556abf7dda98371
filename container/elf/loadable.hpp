#pragma once

#include <string_view>

#include "elf/error.hpp"
#include "elf/facts.hpp"

namespace shoal::elf {

/// Returns the ABI note of this container: what SHOAL_MODULE writes into a module that is built in
/// the same way.
std::string_view container_abi();

/// Throws Error unless this container may load the file. Refused are: initial-exec thread-local
/// storage; a sanitizer that this container lacks, since the dynamic linker would end the process;
/// a handler without an ABI note, or with one that does not fit. Then the message has the field
/// that differs, both values and the remedy.
void require_loadable(const Facts& facts);

/// The same for a container whose own ABI note is `container`.
void require_loadable(const Facts& facts, std::string_view container);

}  // namespace shoal::elf
