#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"

// What `shoal drop` and the container say to each other, by names alone, in the apps folder:
//
//   .shoal-drop.<id>        a marker: its owner, whose process id it holds, renames files just now.
//                           The owner holds its flock, which the kernel lets go of when he dies.
//   .shoal-new.<id>         the same file before the first rename: it marks nothing yet.
//   .shoal-new.<id>.<time>  a new file beside the one it will replace. The time is its own, in
//                           nanoseconds: a file that comes from such a name and still has that time
//                           is whole.

namespace shoal::releases {

/// The dropping side: holds the sweep while it is up. Used by one thread.
class Marker {
 public:
  /// Makes it, not up yet. Throws std::runtime_error, with the remedy, when `apps` cannot be
  /// written.
  explicit Marker(const std::filesystem::path& apps);

  /// Lifts it.
  ~Marker();
  Marker(const Marker&) = delete;
  Marker& operator=(const Marker&) = delete;

  /// From here on the container loads nothing, for a minute at most. Throws std::runtime_error.
  void raise();

  /// A name for a new file that is to become a module: hidden, and never one itself.
  std::string name_of_new(std::int64_t time) const;

 private:
  std::filesystem::path path_;
  std::string id_;
  base::Descriptor file_;
};

/// Whether a file of this name, in the root of the apps folder, is a marker.
bool is_marker(std::string_view name);

/// The time in a name that Marker::name_of_new gave.
std::optional<std::int64_t> time_of_new(std::string_view name);

/// All markers in the root of `apps`; none when it cannot be read.
std::set<std::filesystem::path> markers_in(const std::filesystem::path& apps);

/// Removes from `folder` the new files of drops that were killed, and from `apps` their markers.
/// What cannot be removed stays.
void remove_dead_drops(const std::filesystem::path& apps, const std::filesystem::path& folder);

/// The container's side: the markers it knows of. Not thread-safe.
class Markers {
 public:
  void appeared(const std::filesystem::path& marker);
  void vanished(const std::filesystem::path& marker) { known_.erase(marker); }
  void are(const std::set<std::filesystem::path>& markers);

  /// Whether one of them has a living owner and is no older than a minute. Looks at the files, if
  /// there are any. Warns once of each that it ignores.
  bool hold();

 private:
  struct Known {
    std::chrono::steady_clock::time_point since;
    bool reported = false;
  };
  std::map<std::filesystem::path, Known> known_;
};

}  // namespace shoal::releases
