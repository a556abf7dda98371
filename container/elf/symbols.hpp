#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "elf/image.hpp"

namespace shoal::elf {

/// One entry of the dynamic symbol table.
struct Symbol {
  std::uint64_t offset = 0;  ///< of its entry in the file
  std::uint64_t name = 0;    ///< position in the string table
  int binding = 0;           ///< STB_*
  int type = 0;              ///< STT_*
  bool defined = false;      ///< other files can bind to it
  unsigned char other = 0;   ///< st_other: its visibility, and bits of the machine
};

/// The dynamic symbol table. A file does not store how many symbols it has; that follows from its
/// hash tables.
///
/// Borrows the image, which must outlive it.
class Symbols {
 public:
  /// Throws Error when a table is missing or leads outside the file.
  explicit Symbols(const Image& image);

  /// Returns the number of entries, including entry 0, which has no name.
  std::size_t size() const { return count_; }

  /// Returns an entry. Throws Error when its name lies outside the string table.
  /// REQUIRES: index < size().
  Symbol at(std::size_t index) const;

  /// Returns true if the symbol has this name. Reads no more than the length of `name`, even if the
  /// string table is hostile.
  bool is(const Symbol& symbol, std::string_view name) const;

  /// Returns true if the symbol's name starts with `prefix`. As cheap.
  bool starts(const Symbol& symbol, std::string_view prefix) const;

 private:
  void count_by_hash(std::uint64_t address);
  void count_by_gnu_hash(std::uint64_t address);
  std::size_t count_up_to_next_table() const;

  const Image& image_;
  std::uint64_t address_ = 0;
  std::string_view table_;
  std::size_t count_ = 0;
  bool findable_ = false;  // true if a hash table leads to at least one symbol
};

}  // namespace shoal::elf
