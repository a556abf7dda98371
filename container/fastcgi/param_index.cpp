#include "fastcgi/param_index.hpp"

#include <cstring>
#include <utility>

#include "fastcgi/records.hpp"

namespace shoal::fastcgi {

namespace {

constexpr std::size_t kLargestSpare = 1'024;  // parameters: 12 KiB

}  // namespace

std::vector<ParamIndex::Entry>& ParamIndex::spare_of_this_thread() {
  thread_local std::vector<Entry> spare;
  return spare;
}

const char* ParamIndex::extend(std::string_view params) {
  if (entries_.capacity() == 0) entries_.swap(spare_of_this_thread());
  for (std::string_view rest = params.substr(indexed_); !rest.empty();) {
    const auto lengths = lengths_of_pair(rest);
    if (!lengths) break;
    // Each compared alone: the sum of two lengths need not fit in an int.
    if (lengths->name > kBytesLimit || lengths->value > kBytesLimit)
      return "parameter of more than 1 MiB";
    if (entries_.size() == kCountLimit) return "more than 4096 parameters";
    const std::size_t size = lengths->size + lengths->name + lengths->value;
    if (size > rest.size()) break;
    entries_.push_back({.name = static_cast<std::uint32_t>(indexed_ + lengths->size),
                        .name_size = static_cast<std::uint32_t>(lengths->name),
                        .value_size = static_cast<std::uint32_t>(lengths->value)});
    indexed_ += size;
    rest.remove_prefix(size);
  }
  return nullptr;
}

std::optional<std::string_view> ParamIndex::find(std::string_view params,
                                                 std::string_view name) const {
  for (const Entry& entry : entries_) {
    if (entry.name_size != name.size()) continue;
    if (std::memcmp(params.data() + entry.name, name.data(), name.size()) != 0) continue;
    return params.substr(entry.name + entry.name_size, entry.value_size);
  }
  return std::nullopt;
}

void ParamIndex::clear() {
  entries_.clear();
  indexed_ = 0;
  auto& spare = spare_of_this_thread();
  if (spare.capacity() == 0 && entries_.capacity() <= kLargestSpare) entries_.swap(spare);
  std::vector<Entry>().swap(entries_);  // frees it, which an assignment of {} would not
}

}  // namespace shoal::fastcgi
