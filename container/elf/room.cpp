#include "elf/room.hpp"

#include <algorithm>
#include <tuple>

namespace shoal::elf {

Room::Room(std::string_view strings) : strings_(strings), marks_(strings.size()) {}

void Room::find_gaps() {
  unsigned char inside = 0;  // whose marks this byte belongs to
  bool open = false;         // whether the last gap ends here
  for (std::size_t i = 0; i < strings_.size(); ++i) {
    inside |= marks_[i];
    const bool free = inside != 0 && (inside & kKept) == 0;
    const bool spared = (inside & kFreed) == 0;
    if (free && open && gaps_.back().spared == spared) {
      ++gaps_.back().size;
    } else if (free) {
      gaps_.push_back({i, 1, spared});
    }
    open = free;
    if (strings_[i] == '\0') inside = 0;
  }
}

std::optional<std::uint64_t> Room::place(const std::string& name) {
  if (!sought_) find_gaps();
  sought_ = true;
  const auto before = std::ranges::find(placed_, name, &Placed::name);
  if (before != placed_.end()) return before->position;
  // The smallest that will do, so that long ones stay for long names.
  Gap* best = nullptr;
  for (auto& gap : gaps_) {
    if (gap.size <= name.size()) continue;
    if (best == nullptr || std::tie(gap.spared, gap.size) < std::tie(best->spared, best->size)) {
      best = &gap;
    }
  }
  if (best == nullptr) return std::nullopt;
  const std::uint64_t position = best->position;
  best->position += name.size() + 1;
  best->size -= name.size() + 1;
  placed_.push_back({name, position});
  return position;
}

}  // namespace shoal::elf
