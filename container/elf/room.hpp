#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::elf {

/// Finds room for new names in a string table that cannot grow: where names stand that nothing
/// refers to any more. Linkers let strings share their tails (`page.so` is the end of
/// `layout.page.so`), so what is free is counted byte by byte.
class Room {
 public:
  /// Borrows the table. REQUIRES: its last byte is NUL; every position below is inside it.
  explicit Room(std::string_view strings);

  /// The string at this position is still referred to.
  void keep(std::uint64_t position) { marks_[position] |= kKept; }

  /// The string at this position was; nothing of it is needed unless it is kept, too.
  void free(std::uint64_t position) { marks_[position] |= kFreed; }

  /// The same, of a string to be used only when there is no other.
  void spare(std::uint64_t position) { marks_[position] |= kSpared; }

  /// Where `name` can be written, its NUL included; nothing when there is no such place. A name
  /// that was placed before has its place. REQUIRES: no more calls of the three above.
  std::optional<std::uint64_t> place(const std::string& name);

 private:
  enum : unsigned char { kKept = 1, kFreed = 2, kSpared = 4 };
  struct Gap {
    std::uint64_t position = 0;
    std::uint64_t size = 0;
    bool spared = false;
  };
  struct Placed {
    std::string name;
    std::uint64_t position = 0;
  };

  void find_gaps();

  std::string_view strings_;
  std::vector<unsigned char> marks_;  // at the first byte of each string that is referred to
  std::vector<Gap> gaps_;
  std::vector<Placed> placed_;
  bool sought_ = false;
};

}  // namespace shoal::elf
