#include "elf/string_space.hpp"

#include <algorithm>
#include <tuple>

namespace shoal::elf {

StringSpace::StringSpace(std::string_view strings) : strings_(strings), marks_(strings.size()) {}

void StringSpace::find_gaps() {
  unsigned char marks = 0;  // of all strings that contain this byte
  bool continues = false;   // true while the byte before this one belongs to the last gap
  for (std::size_t i = 0; i < strings_.size(); ++i) {
    marks |= marks_[i];
    const bool free = marks != 0 && (marks & kUsed) == 0;
    const bool reserve = (marks & kFree) == 0;
    if (free && continues && gaps_.back().reserve == reserve) {
      ++gaps_.back().size;
    } else if (free) {
      gaps_.push_back({i, 1, reserve});
    }
    continues = free;
    if (strings_[i] == '\0') marks = 0;
  }
  gaps_found_ = true;
}

std::optional<std::uint64_t> StringSpace::place(const std::string& name) {
  if (!gaps_found_) find_gaps();
  const auto before = std::ranges::find(placed_, name, &Placed::name);
  if (before != placed_.end()) return before->position;
  // The smallest gap that is long enough, so that long gaps remain for long names.
  Gap* best = nullptr;
  for (auto& gap : gaps_) {
    if (gap.size <= name.size()) continue;
    if (best == nullptr || std::tie(gap.reserve, gap.size) < std::tie(best->reserve, best->size)) {
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
