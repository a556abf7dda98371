#pragma once

#include <compare>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "releases/apps/identity.hpp"

namespace shoal::releases {

/// One entry of one folder. When it changes, what a path through it leads to may change.
struct Place {
  std::filesystem::path folder;
  std::string name;

  auto operator<=>(const Place&) const = default;
};

/// How much of the apps folder is looked at: a link to `/` must not delay what lies beside it. The
/// folders of the apps folder, and what each link leads to, are looked at in turn, the nearest
/// parts first: a large one takes no place from the others.
inline constexpr std::size_t kMostFolders = 10'000;
inline constexpr std::size_t kMostLinks = 10'000;
inline constexpr std::size_t kMostModules = 10'000;
inline constexpr int kMostDepth = 32;  ///< folders above a file, below apps

/// What lies in the apps folder at one moment.
struct Scan {
  Files files;
  std::set<std::filesystem::path> links;  ///< symbolic links met below apps
  std::set<Place> places;  ///< every link on the way to anything found, its end, and what lacks
  std::set<std::filesystem::path> above;      ///< folders on these ways, which may be moved away
  std::vector<std::filesystem::path> shared;  ///< files with a second name somewhere (hard links)
  std::vector<std::filesystem::path> unread;  ///< what could not be read, or is no module's file
  std::set<std::filesystem::path> partly;     ///< folders where one of the bounds was reached
  std::vector<std::string> problems;          ///< what was passed over, and why; for the log
  std::set<std::filesystem::path> markers;    ///< of drops that go on: see marker.hpp
  bool starved = false;                       ///< descriptors or memory ran out: look again
  std::error_code lost;  ///< why apps itself cannot be read; then only the ways to it are known
};

/// Walks the tree below `apps`, symbolic links followed, within the bounds above. Pseudo file
/// systems such as /proc are passed over. `entering` is told of each folder before its entries are
/// read, so a watch set there misses nothing. What lies below `skipped`, which is `partly` of an
/// earlier scan, is left out, and is `partly` again. REQUIRES: `apps` is absolute.
Scan scan(const std::filesystem::path& apps,
          const std::function<void(const std::filesystem::path&)>& entering,
          const std::set<std::filesystem::path>& skipped = {});

}  // namespace shoal::releases
