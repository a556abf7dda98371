#pragma once

#include <string>

#include "unit/releases/apps/watched_apps.hpp"

namespace shoal::releases {

/// The same promises hold however changes are noticed.
class WatchingEitherWay : public WatchedApps, public testing::WithParamInterface<WatchMode> {
 protected:
  void begins() { WatchedApps::begins(GetParam(), apps()); }
  void begins_below(const std::filesystem::path& apps) { WatchedApps::begins(GetParam(), apps); }
};

inline std::string name_of_mode(const testing::TestParamInfo<WatchMode>& info) {
  return info.param == WatchMode::kStat ? "Stat" : "Inotify";
}

}  // namespace shoal::releases
