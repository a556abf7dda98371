#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "status/latency.hpp"

namespace shoal::status {

/// What was counted since the service started, of all processes, as a plain value.
struct Counted {
  struct Group {
    std::uint64_t requests = 0;
    std::uint64_t errors = 0;
    std::uint64_t refusals = 0;
    std::uint64_t generations = 0;
    Histogram latency{};  ///< of `requests`
  };

  std::uint64_t requests = 0;  ///< answered, including those without a group
  std::uint64_t errors = 0;
  std::map<std::string, Group, std::less<>> groups{};  ///< by name
  Group others{};  ///< of groups for which the memory had no space
};

/// The counters of the service, in memory that the supervisor shares with all processes that it
/// forks. No number in it ever falls, and a process that is killed takes none with it.
///
/// Each worker process counts in a slot of its own, so that workers do not slow each other down. A
/// slot keeps its numbers when its worker has exited, and the next worker adds to them. So the sum
/// of all slots is what was counted, at any moment.
///
/// All numbers are atomic. Several processes may count in the same place: the bounds below cost
/// speed, or the names of groups, but no count.
class Counters {
 public:
  static constexpr unsigned kSlots = 1024;          ///< workers beyond them share the last slot
  static constexpr unsigned kRows = 16'384;         ///< a row counts for one group in one slot
  static constexpr unsigned kGroups = 4096;         ///< further groups count as `others`
  static constexpr std::size_t kLongestName = 255;  ///< groups with longer names as well

  /// The requests of one group.
  struct Row {
    std::atomic<std::uint64_t> errors{0};
    LatencyRecorder latency;
  };

  /// Maps new memory, with zeros. Only what is used of its 27 MB takes memory. Call it before the
  /// first fork. Throws std::system_error.
  static std::shared_ptr<Counters> make();
  ~Counters();
  Counters(const Counters&) = delete;
  Counters& operator=(const Counters&) = delete;

  // --- for the supervisor, from one thread

  /// Returns the number of a free slot for a worker that is about to be forked.
  unsigned claim();

  /// The worker with this slot has exited, or was never forked.
  void release(unsigned slot);

  /// Returns everything that was counted. Does not wait for a process.
  Counted read() const;

  // --- for workers, from any thread. REQUIRES: slot < kSlots.

  /// Counts one answer. `is_error` is true for a status of 500 to 599.
  void count(unsigned slot, bool is_error);

  /// Returns where to count the requests of this group. Searches: keep the reference, which lives
  /// as long as this object.
  Row& row(unsigned slot, std::string_view group);

  std::uint64_t requests(unsigned slot) const;
  std::uint64_t errors(unsigned slot) const;

  // --- for the deployer, from any thread

  /// Count a refused drop, and a generation that was made.
  void count_refusal(std::string_view group);
  void count_generation(std::string_view group);

 private:
  struct Memory;
  explicit Counters(Memory* memory) : memory_(memory), claimed_(kSlots) {}

  unsigned group_of(std::string_view name);

  Memory* const memory_;
  std::vector<bool> claimed_;  // slots; of the supervisor alone
};

/// The slot of one worker process.
struct CounterSlot {
  std::shared_ptr<Counters> counters;
  unsigned number = 0;
};

}  // namespace shoal::status
