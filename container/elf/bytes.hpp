#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "elf/error.hpp"

namespace shoal::elf {

/// Throws Error for a file whose parts contradict each other. The usual cause is a file that is
/// still being written, or whose writer was killed.
[[noreturn]] inline void incomplete(const std::string& fact) {
  throw Error("incomplete: " + fact + "; drop it again when it is completely written");
}

/// Returns `size` bytes from `offset` on. Throws Error when they do not all lie in `bytes`.
inline std::string_view slice(std::string_view bytes, std::uint64_t offset, std::uint64_t size) {
  if (offset > bytes.size() || size > bytes.size() - offset) {
    incomplete("it ends after " + std::to_string(bytes.size()) + " bytes");
  }
  return bytes.substr(offset, size);
}

/// Returns the T at `offset`, which need not be aligned. Throws Error when it does not lie in
/// `bytes`.
template <typename T>
T at(std::string_view bytes, std::uint64_t offset) {
  T value;
  std::memcpy(&value, slice(bytes, offset, sizeof value).data(), sizeof value);
  return value;
}

/// Returns true if all bytes are NUL.
inline bool all_zero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace shoal::elf
