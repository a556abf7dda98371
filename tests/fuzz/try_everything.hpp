#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include "elf/facts.hpp"
#include "elf/loadable.hpp"
#include "elf/relabel.hpp"
#include "elf/stub.hpp"

namespace shoal::elf {

/// Aborts the process when a promise of a header is broken, so that every fuzzer and test sees it.
inline void promise(bool kept) {
  if (!kept) std::abort();
}

/// Returns labels of various lengths for what this file needs. Its last byte selects them: bytes
/// after the last table of an ELF file have no meaning.
inline Labels labels_for(const Facts& facts, std::string_view bytes) {
  const auto choice = static_cast<unsigned char>(bytes.back());
  Labels labels;
  if ((choice & 1) != 0) labels.own = "~1." + std::string(choice >> 4, '0');
  labels.needed_by_others = (choice & 2) != 0;
  for (const auto& needed : facts.needed) {
    if ((choice & 4) != 0) labels.needed.emplace(needed, "~" + std::to_string(needed.size()));
    if ((choice & 8) != 0) break;
  }
  return labels;
}

/// Calls every function that the container calls for a file, and checks the promises of the
/// headers: either Error or a result; patches in order, without overlap, and within the file.
inline void try_everything(std::string_view bytes) {
  try {
    const Facts facts = read(bytes);
    try {
      require_loadable(facts);
    } catch (const Error& error) {
      promise(std::string_view(error.what()).find("; ") != std::string_view::npos);
    }
    std::string copy(bytes);
    std::uint64_t end = 0;
    for (const auto& patch : relabel(bytes, labels_for(facts, bytes))) {
      promise(patch.offset >= end && patch.offset <= copy.size() &&
              patch.bytes.size() <= copy.size() - patch.offset);
      end = patch.offset + patch.bytes.size();
      copy.replace(patch.offset, patch.bytes.size(), patch.bytes);
    }
    promise(copy.size() == bytes.size());
    promise(read(stub(facts.needed, "~1")).needed == facts.needed);
    read(copy);  // may throw: the tables of a hostile file can overlap its names
  } catch (const Error& error) {
    promise(std::string_view(error.what()).find("; ") != std::string_view::npos);
  }
}

}  // namespace shoal::elf
