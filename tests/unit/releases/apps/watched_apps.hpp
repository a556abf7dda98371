#pragma once

#include <optional>
#include <set>
#include <string>

#include "releases/apps/folder.hpp"
#include "releases/freshness/feed.hpp"
#include "unit/releases/apps/apps_folder.hpp"

namespace shoal::releases {

/// A Folder that is asked what it learns, as a deployer asks it.
class WatchedApps : public AppsFolder {
 protected:
  using Names = std::set<std::string>;

  /// On an inotify instance of its own, as far as the kernel grants one.
  void begins(WatchMode mode, const std::filesystem::path& apps,
              std::chrono::milliseconds interval = {}) {
    folder_.emplace(apps, mode, interval, Feed::make().inotify);
  }

  /// The modules that the next reading learns of.
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

  /// Returns true if what is known of the module is what lies there now.
  bool is_up_to_date(const std::string& module) const {
    const auto file = folder_->files().find(module);
    return file != folder_->files().end() &&
           file->second.identity == identity_of(file->second.path);
  }

  std::optional<Folder> folder_;
};

}  // namespace shoal::releases
