#include "status/counters.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <array>

#include "base/shared_memory.hpp"
namespace shoal::status {
namespace {

using Number = std::atomic<std::uint64_t>;
constexpr auto kRelaxed = std::memory_order_relaxed;

constexpr unsigned kOthers = 0;  // the group of all that have no name here

/// Returns the 64-bit FNV-1a hash of the name; never 0.
std::uint64_t hash_of(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash == 0 ? 1 : hash;
}

/// Returns what marks a row as counting for this group in this slot; never 0.
std::uint64_t owner_of(unsigned slot, unsigned group) {
  return (std::uint64_t{slot} + 1) << 32 | group;
}

unsigned group_of_owner(std::uint64_t owner) { return static_cast<unsigned>(owner); }

/// Makes `word` hold `value` if it holds 0. Returns true if it holds `value` then, whichever
/// process stored it.
bool take(Number& word, std::uint64_t value) {
  std::uint64_t found = word.load(std::memory_order_acquire);
  if (found == 0 && word.compare_exchange_strong(found, value)) return true;
  return found == value;
}

}  // namespace

// Everything begins with zero, as the memory does. Processes may be killed between any two
// instructions, so each change is one atomic store, or is repeated by the next process that needs
// it.
struct Counters::Memory {
  struct Name {
    std::atomic<bool> written{false};
    std::array<std::atomic<char>, kLongestName + 1> text{};
    Number refusals{0};
    Number generations{0};

    /// All that need the name write the same text.
    void write(std::string_view name) {
      if (written.load(std::memory_order_acquire)) return;
      for (std::size_t i = 0; i < name.size(); ++i) text[i].store(name[i], kRelaxed);
      written.store(true, std::memory_order_release);
    }

    std::string read() const {
      std::string name;
      for (const auto& c : text) {
        const char read = c.load(kRelaxed);
        if (read == '\0') break;
        name += read;
      }
      return name;
    }
  };

  struct alignas(64) Slot {  // a cache line of its own
    Number requests{0};
    Number errors{0};
  };

  std::array<Slot, kSlots> slots{};

  // Groups and rows are taken in order and never given back: the first 0 is the end. Row 0 and name
  // 0 are those of kOthers, in whatever slot.
  std::array<Number, kGroups> hashes{};
  std::array<Name, kGroups> names{};
  std::array<Number, kRows> owners{};
  std::array<Row, kRows> rows{};
};

std::shared_ptr<Counters> Counters::make() {
  void* const memory = base::map_shared(sizeof(Memory), "cannot map the shared counters");
  return std::shared_ptr<Counters>(new Counters(static_cast<Memory*>(memory)));
}

Counters::~Counters() { ::munmap(memory_, sizeof(Memory)); }

unsigned Counters::claim() {
  const auto free = std::find(claimed_.begin(), claimed_.end() - 1, false);
  *free = true;
  return static_cast<unsigned>(free - claimed_.begin());
}

void Counters::release(unsigned slot) { claimed_[slot] = false; }

Counted Counters::read() const {
  Counted all;
  for (const auto& slot : memory_->slots) {
    all.requests += slot.requests.load(kRelaxed);
    all.errors += slot.errors.load(kRelaxed);
  }
  all.others.refusals = memory_->names[kOthers].refusals.load(kRelaxed);
  all.others.generations = memory_->names[kOthers].generations.load(kRelaxed);
  std::vector<Counted::Group*> groups{&all.others};
  for (unsigned i = 1; i < kGroups && memory_->hashes[i].load(std::memory_order_acquire) != 0;
       ++i) {
    const auto& name = memory_->names[i];
    // A process was killed while it wrote the name: nothing was counted for it yet.
    const bool written = name.written.load(std::memory_order_acquire);
    groups.push_back(written ? &all.groups[name.read()] : &all.others);
    groups.back()->refusals += name.refusals.load(kRelaxed);
    groups.back()->generations += name.generations.load(kRelaxed);
  }
  for (unsigned i = 0; i < kRows; ++i) {
    const std::uint64_t owner = memory_->owners[i].load(std::memory_order_acquire);
    if (owner == 0 && i > 0) break;
    const unsigned group = group_of_owner(owner);
    if (group >= groups.size()) continue;  // it is newer than the list of names
    groups[group]->errors += memory_->rows[i].errors.load(kRelaxed);
    groups[group]->latency.merge(memory_->rows[i].latency.histogram());
  }
  for (auto& [name, group] : all.groups) group.requests = group.latency.count();
  all.others.requests = all.others.latency.count();
  return all;
}

void Counters::count(unsigned slot, bool is_error) {
  memory_->slots[slot].requests.fetch_add(1, kRelaxed);
  if (is_error) memory_->slots[slot].errors.fetch_add(1, kRelaxed);
}

Counters::Row& Counters::row(unsigned slot, std::string_view name) {
  const unsigned group = group_of(name);
  if (group == kOthers) return memory_->rows[0];
  for (unsigned i = 1; i < kRows; ++i) {
    if (take(memory_->owners[i], owner_of(slot, group))) return memory_->rows[i];
  }
  // All rows are taken: the group shares one with another worker.
  for (unsigned i = 1; i < kRows; ++i) {
    if (group_of_owner(memory_->owners[i].load(std::memory_order_acquire)) == group) {
      return memory_->rows[i];
    }
  }
  return memory_->rows[0];
}

std::uint64_t Counters::requests(unsigned slot) const {
  return memory_->slots[slot].requests.load(kRelaxed);
}

std::uint64_t Counters::errors(unsigned slot) const {
  return memory_->slots[slot].errors.load(kRelaxed);
}

void Counters::count_refusal(std::string_view group) {
  memory_->names[group_of(group)].refusals.fetch_add(1, kRelaxed);
}

void Counters::count_generation(std::string_view group) {
  memory_->names[group_of(group)].generations.fetch_add(1, kRelaxed);
}

/// Returns the index of the group, which gets one if it has none yet.
unsigned Counters::group_of(std::string_view name) {
  if (name.empty() || name.size() > kLongestName) return kOthers;
  const std::uint64_t hash = hash_of(name);
  for (unsigned i = 1; i < kGroups; ++i) {
    if (!take(memory_->hashes[i], hash)) continue;
    memory_->names[i].write(name);
    if (memory_->names[i].read() == name) return i;  // else another name has the same hash
  }
  return kOthers;
}

}  // namespace shoal::status
