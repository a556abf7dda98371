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
  /// Uses an inotify instance that other processes hold, too, such as those that ask how much is
  /// queued. It stays open, with its watches, when this object is destroyed. A killed user may have
  /// left watches in it: adding the same path again returns the same number, and events with
  /// numbers that this object did not return mean nothing.
  ///
  /// REQUIRES: no other process adds watches or reads the instance at the same time.
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

  /// Removes all watches of the instance, those of earlier users as well, and what is queued: no
  /// process sees anything pending from here on.
  void end();

 private:
  std::optional<int> add(const std::filesystem::path& path, std::uint32_t interest);
  std::set<int> watches_of_all_users() const;

  std::shared_ptr<const base::Descriptor> queue_;
  std::set<int> watches_{};  // that this object added
};

}  // namespace shoal::releases
