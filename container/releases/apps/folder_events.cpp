// What the kernel's events mean for the picture of the apps folder.
#include <sys/inotify.h>
#include <sys/stat.h>

#include <algorithm>

#include "releases/apps/folder.hpp"
#include "releases/apps/name.hpp"

namespace shoal::releases {

namespace fs = std::filesystem;

/// False when only a comparison of everything can tell what the event means.
bool Folder::absorb(const Event& event, std::map<std::string, fs::path>& touched) {
  if ((event.mask & IN_Q_OVERFLOW) != 0) {
    being_written_.clear();  // who has closed its file is not known any more
    return false;
  }
  const auto found = watches_.find(event.watch);
  if (found == watches_.end()) {
    // Left by a killed user of the instance, or removed since: the kernel gives no number twice.
    if ((event.mask & IN_IGNORED) == 0) watch_->remove(event.watch);
    return true;
  }
  constexpr std::uint32_t kSelf = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED;
  bool absorbed = true;
  for (const Watched& watched : found->second) {
    switch (watched.kind) {
      case Watched::Kind::kFile:
        touched.emplace(*name_of(watched.path.lexically_relative(apps_)), watched.path);
        break;
      case Watched::Kind::kPlace:
        absorbed &= (event.mask & kSelf) == 0 && event.name != watched.name;
        break;
      case Watched::Kind::kFolder:
        follow_drop(event, watched.path / event.name);
        if (event.name.starts_with('.'))
          break;  // as in scan: never a module, nor on the way to one
        absorbed &= (event.mask & (kSelf | IN_ISDIR)) == 0 &&
                    (event.name.empty() || absorb_entry(event, watched.path / event.name, touched));
        break;
      case Watched::Kind::kAbove:
        absorbed &= (event.mask & kSelf) == 0;
        break;
    }
  }
  return absorbed;
}

bool Folder::absorb_entry(const Event& event, const fs::path& path,
                          std::map<std::string, fs::path>& touched) {
  struct stat status;
  const bool there = ::lstat(path.c_str(), &status) == 0;
  if (links_.contains(path) || (there && S_ISLNK(status.st_mode))) return false;
  if (path.extension() != ".so") return true;
  const auto module = name_of(path.lexically_relative(apps_));
  if (!module || (there && (!S_ISREG(status.st_mode) || status.st_nlink > 1))) return false;
  if ((event.mask & IN_CREATE) != 0) {
    being_written_.insert(*module);
  } else if ((event.mask & IN_ATTRIB) == 0) {
    being_written_.erase(*module);
  }
  touched.emplace(*module, path);
  return true;
}

/// The kernel tells in order: a marker comes before all that its owner renames and goes after it. A
/// file that comes from the name of a new one is whole.
void Folder::follow_drop(const Event& event, const fs::path& path) {
  constexpr std::size_t kMostLeaving = 1'000;  // some never arrive: they left the apps folder
  if (path.parent_path() == apps_ && is_marker(event.name)) {
    // Nothing else counts: an owner closes his marker after he has removed it.
    if ((event.mask & (IN_CREATE | IN_MOVED_TO)) != 0) markers_.appeared(path);
    if ((event.mask & (IN_DELETE | IN_MOVED_FROM)) != 0) markers_.vanished(path);
  } else if (path.extension() == ".so") {
    const auto left = leaving_.find(event.cookie);
    const auto module = name_of(path.lexically_relative(apps_));
    // Files that are exchanged leave their names as well.
    if (!module || (event.mask & IN_MOVED_FROM) != 0) return;
    dropped_.erase(*module);
    if ((event.mask & IN_MOVED_TO) == 0 || left == leaving_.end()) return;
    dropped_.emplace(*module, left->second);
    leaving_.erase(left);
    // Its identity may be known already, from a look in the middle of this rename.
    changed_.insert(*module);
  } else if (const auto time = time_of_new(event.name); time && (event.mask & IN_MOVED_FROM) != 0) {
    if (leaving_.size() == kMostLeaving) leaving_.clear();
    leaving_.emplace(event.cookie, *time);
  }
}

void Folder::look_again(const std::string& module, const fs::path& path) {
  const auto identity = identity_of(path);
  const auto known = files_.find(module);
  if (!identity) {
    if (known == files_.end()) return;
    files_.erase(known);
  } else {
    File file{path, *identity};
    if (known != files_.end() && known->second == file) return;
    files_.insert_or_assign(module, std::move(file));
  }
  changed_.insert(module);
}

}  // namespace shoal::releases
