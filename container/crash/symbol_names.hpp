#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace shoal::crash {

/// A function of a shared object.
struct Function {
  std::array<char, 2048> name{};  ///< mangled, ends in a zero, cut if it is longer; "": not found
  std::uint64_t start = 0;        ///< its address in the file
};

/// Which function of an ELF file holds this address (one of the file, before it was loaded). Looks
/// into .symtab, for a module's own functions stand nowhere else; into .dynsym if that is stripped.
///
/// Reads by pread alone, in pieces of fixed size, and trusts nothing: safe in a signal handler, on
/// hostile files, and on those that change meanwhile.
void find_function(int file, std::uint64_t address, Function& found) noexcept;

/// The build-id of an ELF file in hexadecimal, within `room`; empty when it has none. As safe.
std::string_view build_id(int file, std::array<char, 129>& room) noexcept;

}  // namespace shoal::crash
