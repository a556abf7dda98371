#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "elf/image.hpp"

namespace shoal::elf {

/// One entry of the dynamic symbol table.
struct Symbol {
  std::uint64_t offset = 0;  ///< of the entry in the file
  std::uint64_t name = 0;    ///< position in the string table
  int binding = 0;           ///< STB_*
  int type = 0;              ///< STT_*
  bool defined = false;      ///< others can find it
  unsigned char other = 0;   ///< its visibility and more, as it stands in the file
};

/// The dynamic symbol table of a file that has no count of it: that follows from the hash tables.
///
/// Borrows the image.
class Symbols {
 public:
  /// Throws Error when the tables lead out of the file or nowhere.
  explicit Symbols(const Image& image);

  /// Entry 0, which names nothing, included.
  std::size_t size() const { return count_; }

  /// Throws Error when its name leads out of the string table. REQUIRES: index < size().
  Symbol at(std::size_t index) const;

  /// Whether the symbol has this name. Cheap, whatever stands in the string table.
  bool is(const Symbol& symbol, std::string_view name) const;
  bool starts(const Symbol& symbol, std::string_view prefix) const;

 private:
  void count_by_hash(std::uint64_t address);
  void count_by_gnu_hash(std::uint64_t address);
  std::size_t count_up_to_next_table() const;

  const Image& image_;
  std::uint64_t address_ = 0;
  std::string_view table_;
  std::size_t count_ = 0;
  bool findable_ = false;  // some hash table leads to some symbol
};

}  // namespace shoal::elf
