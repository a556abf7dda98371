#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace shoal::crash {

/// A function of a shared object.
struct Function {
  std::array<char, 2048> name{};  ///< mangled, ended by NUL, cut to fit; "": not found
  std::uint64_t start = 0;        ///< its address in the file
};

/// Finds the function of an ELF file that contains this address of the file (not of the process).
/// Reads .symtab, since only that has the hidden functions of a module; in a stripped file,
/// .dynsym.
///
/// Reads with pread in pieces of fixed size and trusts nothing: safe in a signal handler, with
/// hostile files, and with files that change meanwhile.
void find_function(int file, std::uint64_t address, Function& found) noexcept;

/// Writes the build-id of an ELF file to `buffer`, in hexadecimal digits, and returns it; empty
/// when the file has no build-id. As safe as find_function.
std::string_view build_id(int file, std::array<char, 129>& buffer) noexcept;

}  // namespace shoal::crash
