#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

namespace shoal::releases {

/// How the deployer learns of changes in the apps folder.
enum class Watching : std::uint32_t { kInotify = 0, kStat = 1 };

/// What a cell of the page says of one group.
struct Cell {
  std::uint64_t wanted = 0;   ///< rises when a file of the group is complete in the apps folder
  std::uint64_t decided = 0;  ///< follows `wanted` at the verdict, live or refused
  std::uint64_t serve = 0;    ///< the generation to serve; 0: none
  std::chrono::steady_clock::time_point since{};  ///< when the group became stale, while it is
};

/// The page of freshness: memory that the processes of one configuration share. Only its deployer
/// writes it; workers read it at the start of each request. The supervisor makes it before it forks
/// them.
///
/// Every word is atomic. Who reads while the deployer writes, or after it was killed in the middle
/// of it, sees a state that is at worst too cautious: the deployer raises `wanted` before it does
/// anything, and stores `serve` before `decided`.
class Page {
 public:
  static constexpr unsigned kMostGroups = 16'384;

  /// Maps new memory, in which there is no group yet. Throws std::system_error.
  static std::shared_ptr<Page> make();
  ~Page();
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  /// From here on this process can only read the page. Workers call it.
  void protect();

  // --- for workers, from any thread

  /// Odd while the deployer reads events and judges them.
  std::uint32_t reading() const;

  /// Raised whenever a cell changes.
  std::uint32_t changes() const;

  /// Wait until the word differs from `seen`. Return false if it does not before `until`.
  bool wait_for_reading(std::uint32_t seen, std::chrono::steady_clock::time_point until) const;
  bool wait_for_changes(std::uint32_t seen, std::chrono::steady_clock::time_point until) const;

  Watching watching() const;

  /// Returns when the deployer last compared everything; with Watching::kStat.
  std::chrono::steady_clock::time_point compared() const;

  /// Returns how many groups there are. Cells are only added, never moved or removed.
  unsigned groups() const;

  /// REQUIRES of both: index < groups(). The name lives as long as the page.
  std::string_view name(unsigned index) const;
  Cell cell(unsigned index) const;

  // --- for the deployer, from one thread

  /// Make `reading` odd and even. A new deployer begins with an odd value that nobody has seen.
  void begin_reading();
  void end_reading();

  void set_watching(Watching watching);
  void set_compared(std::chrono::steady_clock::time_point when);

  /// Returns the index of the group's cell; adds one if there is none. Nullopt if all are taken.
  std::optional<unsigned> add(std::string_view group);

  /// Each raises `changes` and wakes who waits for it.
  void want(unsigned index, std::chrono::steady_clock::time_point since);
  void decide(unsigned index, std::uint64_t wanted);                       ///< serve stays
  void serve(unsigned index, std::uint64_t number, std::uint64_t wanted);  ///< and decides

  /// Stores `serve` alone: of a new deployer, for what its predecessor has decided.
  void reset(unsigned index, std::uint64_t serve);

 private:
  struct Memory;
  void changed();
  explicit Page(Memory* memory) : memory_(memory) {}

  Memory* const memory_;
  std::map<std::string_view, unsigned> indexes_{};  // of the deployer, by name; memory_ holds those
};

}  // namespace shoal::releases
