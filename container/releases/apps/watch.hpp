#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"

namespace shoal::releases {

/// One thing that happened: inotify(7).
struct Event {
  int watch = -1;            ///< what Watch::add returned
  std::uint32_t mask = 0;    ///< IN_CREATE and the like
  std::uint32_t cookie = 0;  ///< the same in the two events of one rename
  std::string name;          ///< the entry, for events inside a folder
};

/// The kernel's queue of file events. The kernel queues an event during the file operation itself,
/// so `pending`, one cheap system call, misses nothing that was complete before it. Used under a
/// lock, but for `pending`, which is safe from any thread.
class Watch {
 public:
  /// Throws std::system_error when the kernel grants no inotify instance.
  Watch();

  /// Uses an inotify instance that others hold, too, such as those that ask how much is queued. An
  /// earlier user may have left watches in it: their numbers are not known here, and their events
  /// mean nothing.
  explicit Watch(std::shared_ptr<const base::Descriptor> inotify) : queue_(std::move(inotify)) {}

  /// Whether anything is queued. Costs the same however much is watched.
  bool pending() const;

  /// Watches a folder's entries, or one file. The same inode gets the same number again. None when
  /// there is nothing at `path`, or nothing that may be read; throws std::system_error at the limit
  /// (ENOSPC).
  std::optional<int> add(const std::filesystem::path& path);

  /// The same, but tells only of a folder that is itself moved or deleted.
  std::optional<int> add_itself(const std::filesystem::path& folder);

  void remove(int watch);

  /// Everything that is queued; does not block.
  std::vector<Event> read();

  /// Watches nothing any more: nothing is pending from here on, for whoever holds the instance.
  void end();

 private:
  std::optional<int> add(const std::filesystem::path& path, std::uint32_t interest);

  std::shared_ptr<const base::Descriptor> queue_;
  std::set<int> watches_{};
};

}  // namespace shoal::releases
