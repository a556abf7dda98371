#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::elf {

/// Finds space for new names in a string table that cannot grow: the bytes of names that nothing
/// refers to any more. Linkers let strings share their tails (`page.so` is the end of
/// `layout.page.so`), so free space is counted byte by byte.
///
/// First mark each string, then place the names.
class StringSpace {
 public:
  /// Borrows the table. REQUIRES: its last byte is NUL; every position below is inside it.
  explicit StringSpace(std::string_view strings);

  /// Marks the string at this position as used. Its bytes are never overwritten.
  void mark_used(std::uint64_t position) { marks_[position] |= kUsed; }

  /// Marks the string at this position as free. Bytes that it shares with a used string stay.
  void mark_free(std::uint64_t position) { marks_[position] |= kFree; }

  /// The same, for a string that is overwritten only when no free string is long enough.
  void mark_reserve(std::uint64_t position) { marks_[position] |= kReserve; }

  /// Returns the position at which `name` and its NUL can be written, and takes that space. Returns
  /// nullopt when no space is long enough. The same name always gets the same position.
  /// REQUIRES: all strings have been marked.
  std::optional<std::uint64_t> place(const std::string& name);

 private:
  enum : unsigned char { kUsed = 1, kFree = 2, kReserve = 4 };
  struct Gap {
    std::uint64_t position = 0;
    std::uint64_t size = 0;
    bool reserve = false;
  };
  struct Placed {
    std::string name;
    std::uint64_t position = 0;
  };

  void find_gaps();

  std::string_view strings_;
  std::vector<unsigned char> marks_;  // at the first byte of each marked string
  std::vector<Gap> gaps_;
  std::vector<Placed> placed_;
  bool gaps_found_ = false;
};

}  // namespace shoal::elf
