#pragma once

#include <optional>
#include <set>
#include <string>

#include "releases/apps/folder.hpp"
#include "unit/releases/apps/apps_folder.hpp"

namespace shoal::releases {

/// A Folder that is asked what it learns, as a sweep asks it.
class Watching : public AppsFolder {
 protected:
  using Names = std::set<std::string>;

  void begins(WatchMode mode, const std::filesystem::path& apps) {
    folder_.emplace(apps, mode, std::chrono::milliseconds(0));
  }

  /// The modules that the next sweep learns of.
  Names learns() {
    if (folder_->quiet()) return {};
    return folder_->refresh();
  }

  /// All modules there are, by name.
  Names knows() const {
    Names names;
    for (const auto& [name, file] : folder_->files()) names.insert(name);
    return names;
  }

  /// Whether what is known of the module is what lies there now.
  bool is_up_to_date(const std::string& module) const {
    const auto file = folder_->files().find(module);
    return file != folder_->files().end() &&
           file->second.identity == identity_of(file->second.path);
  }

  std::optional<Folder> folder_;
};

/// The same promises hold however changes are noticed.
class WatchingEitherWay : public Watching, public testing::WithParamInterface<WatchMode> {
 protected:
  void begins() { Watching::begins(GetParam(), apps()); }
  void begins_below(const std::filesystem::path& apps) { Watching::begins(GetParam(), apps); }
};

inline std::string name_of_mode(const testing::TestParamInfo<WatchMode>& info) {
  return info.param == WatchMode::kStat ? "Stat" : "Inotify";
}

}  // namespace shoal::releases
