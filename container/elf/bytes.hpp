#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "elf/error.hpp"

namespace shoal::elf {

/// What most often makes a file's tables disagree: its writer is not done, or has died.
[[noreturn]] inline void incomplete(const std::string& fact) {
  throw Error("incomplete: " + fact + "; drop it again when it is completely written");
}

/// A part of `bytes`. Throws Error when it leads out of them.
inline std::string_view slice(std::string_view bytes, std::uint64_t offset, std::uint64_t size) {
  if (offset > bytes.size() || size > bytes.size() - offset) {
    incomplete("it ends after " + std::to_string(bytes.size()) + " bytes");
  }
  return bytes.substr(offset, size);
}

/// The T at `offset`, however that is aligned. Throws Error when it leads out of `bytes`.
template <typename T>
T at(std::string_view bytes, std::uint64_t offset) {
  T value;
  std::memcpy(&value, slice(bytes, offset, sizeof value).data(), sizeof value);
  return value;
}

inline bool all_zero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace shoal::elf
