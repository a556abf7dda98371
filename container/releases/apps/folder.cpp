#include "releases/apps/folder.hpp"

#include <linux/magic.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/failure.hpp"
#include "releases/apps/name.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;

// A file that its writer left open is waited for only so long; then it is judged as it lies.
constexpr std::chrono::seconds kLongestWrite{2};

constexpr int kMostLooks = 10;

// For how many times as long as a comparison takes none is made of what is looked at in part.
constexpr int kRest = 100;

/// Why inotify is blind for `folder`: another machine may write there without our kernel knowing.
std::optional<std::string> blind_file_system(const fs::path& folder) {
  constexpr std::array<std::pair<long, const char*>, 6> kBlind{{{NFS_SUPER_MAGIC, "NFS"},
                                                                {SMB_SUPER_MAGIC, "SMB"},
                                                                {0xff534d42, "CIFS"},
                                                                {0xfe534d42, "SMB2"},
                                                                {V9FS_MAGIC, "9p"},
                                                                {0x65735546, "FUSE"}}};
  struct statfs status;
  if (::statfs(folder.c_str(), &status) != 0) return std::nullopt;
  const auto found = std::ranges::find_if(kBlind, [&](const auto& entry) {
    return entry.first == static_cast<long>(static_cast<std::uint32_t>(status.f_type));
  });
  if (found == kBlind.end()) return std::nullopt;
  return folder.native() + " is on " + found->second + ", where inotify does not see all changes";
}

/// So that the parent of what lies in the folder is the folder, letter by letter.
fs::path without_slash(const fs::path& folder) {
  return folder.has_filename() ? folder : folder.parent_path();
}

/// Whether `path` is one of `places`, or lies below one.
bool lies_in_one_of(const std::set<fs::path>& places, fs::path path) {
  if (places.empty()) return false;
  for (; path.has_relative_path(); path = path.parent_path()) {
    if (places.contains(path)) return true;
  }
  return false;
}

/// Returns which folder stands at the path; all zeros if there is none.
std::pair<dev_t, ino_t> folder_at(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

std::string limit_reached(const std::system_error& error) {
  return std::string(error.what()) +
         "; raise fs.inotify.max_user_watches and max_user_instances (sysctl)";
}

}  // namespace

Folder::Folder(fs::path apps, WatchMode mode, std::chrono::milliseconds interval,
               const std::shared_ptr<const base::Descriptor>& inotify)
    : apps_(without_slash(fs::absolute(apps))), interval_(interval), watching_("inotify") {
  // Also where it is not wanted: a killed user may have left watches, which would tell for ever.
  if (inotify) watch_.emplace(inotify);
  listens_ = watch_.has_value();
  if (mode == WatchMode::kStat) {
    fall_back("as configured");
  } else if (const auto blind = blind_file_system(apps_); blind && mode == WatchMode::kAuto) {
    fall_back(*blind);
  } else if (!listens_) {
    const std::string why =
        limit_reached(std::system_error(EMFILE, std::system_category(), "inotify_init1"));
    if (mode == WatchMode::kInotify) throw std::runtime_error(why);
    fall_back(why);
  }
  try {
    compare_everything();
  } catch (const fs::filesystem_error& error) {
    base::fail({.thing = "apps: " + apps_.native(),
                .fact = "cannot be read",
                .error = error.code().value(),
                .remedy = "create the folder, or name another under \"apps\""});
  }
  if (mode == WatchMode::kInotify && !listens_)
    throw std::runtime_error("sweep.watch: " + watching_);
  changed_.clear();
}

bool Folder::quiet(bool told) const {
  if (doubtful_ || is_large_due()) return false;
  if (listens_) return !told;
  return std::chrono::steady_clock::now() - compared_ < interval_;
}

/// Whether to look at what is too large to be watched. Rarely, for all others wait meanwhile.
bool Folder::is_large_due() const { return std::chrono::steady_clock::now() >= large_due(); }

std::chrono::steady_clock::time_point Folder::large_due() const {
  if (partly_.empty()) return std::chrono::steady_clock::time_point::max();
  return compared_large_ + std::max<std::chrono::nanoseconds>(interval_, kRest * comparing_took_);
}

std::chrono::steady_clock::time_point Folder::deadline() const {
  if (doubtful_) return std::chrono::steady_clock::now();
  return listens_ ? large_due() : std::min(compared_ + interval_, large_due());
}

std::set<std::string> Folder::refresh() {
  bool everything = std::exchange(doubtful_, false) || !listens_ || is_large_due();
  if (listens_) {
    std::map<std::string, fs::path> touched;
    for (const Event& event : watch_->read()) everything |= !absorb(event, touched);
    // An apps folder that is being taken away loses its files first.
    if (everything) touched.clear();
    for (const auto& [module, path] : touched) look_again(module, path);
  } else if (watch_) {
    watch_->read();  // the kernel may have been about to queue it when the watches were removed
  }
  try {
    if (everything) {
      compare_everything();
      unreadable_.clear();
    }
  } catch (const fs::filesystem_error& error) {
    compared_ = std::chrono::steady_clock::now();
    unreadable_ =
        base::Failure{.thing = apps_.native(),
                      .fact = "cannot be read",
                      .error = error.code().value(),
                      .remedy = "what was loaded from it goes on serving until it is back"}
            .text();
    report({unreadable_});
  }
  return std::exchange(changed_, {});
}

bool Folder::being_written(std::string_view module) const {
  const auto file = files_.find(module);
  return being_written_.contains(module) && file != files_.end() &&
         age_of(file->second.identity) < kLongestWrite;
}

bool Folder::held() {
  if (!listens_) markers_.are(markers_in(apps_));
  const bool before = std::exchange(held_, markers_.hold());
  if (listens_ || !before || held_) return held_;
  // What was compared last may be from the middle of the drop.
  doubt();
  return true;
}

bool Folder::dropped_whole(std::string_view module) const {
  const auto dropped = dropped_.find(module);
  const auto file = files_.find(module);
  return dropped != dropped_.end() && file != files_.end() &&
         dropped->second == file->second.identity.modified_ns;
}

std::chrono::nanoseconds Folder::quiet_for(const File& file) const {
  std::chrono::nanoseconds quiet = age_of(file.identity);
  for (fs::path at = file.path; at != apps_ && at.has_relative_path(); at = at.parent_path()) {
    struct stat status;
    if (::lstat(at.c_str(), &status) == 0) quiet = std::min(quiet, age_of(identity_of(status)));
  }
  return quiet;
}

void Folder::compare_everything() {
  Scan found = scan_and_watch();
  compared_ = std::chrono::steady_clock::now();
  doubtful_ |= found.starved;
  markers_.are(found.markers);
  if (found.lost) throw fs::filesystem_error("apps", apps_, found.lost);
  if (is_large_due()) {
    compare_large(found);
  } else if (!partly_.empty()) {
    found.problems.insert(found.problems.end(), reported_.begin(), reported_.end());
  }
  const std::set<fs::path> unread(found.unread.begin(), found.unread.end());
  for (const auto& [module, file] : files_) {
    // Not known to be gone: kept.
    if (lies_in_one_of(unread, file.path)) {
      found.files.emplace(module, file);
    } else if (lies_in_one_of(found.partly, file.path)) {
      if (const auto identity = identity_of(file.path)) {
        found.files.emplace(module, File{file.path, *identity});
      }
    }
  }
  for (const auto& [module, file] : found.files) {
    const auto known = files_.find(module);
    if (known == files_.end() || known->second != file) changed_.insert(module);
  }
  for (const auto& [module, file] : files_) {
    if (!found.files.contains(module)) changed_.insert(module);
  }
  files_ = std::move(found.files);
  links_ = std::move(found.links);
  report(found.problems);
}

/// Adds what lies where `found` has not looked, and finds out whether that is still too large.
void Folder::compare_large(Scan& found) {
  const auto begin = std::chrono::steady_clock::now();
  Scan all = scan(apps_, [](const auto&) {});
  compared_large_ = std::chrono::steady_clock::now();
  comparing_took_ = compared_large_ - begin;
  doubtful_ |= all.starved;
  found.files.merge(all.files);
  found.unread.insert(found.unread.end(), all.unread.begin(), all.unread.end());
  found.problems.insert(found.problems.end(), all.problems.begin(), all.problems.end());
  if (!std::ranges::includes(all.partly, partly_)) doubt();  // to be watched again
  partly_ = found.partly = all.partly;
}

/// Looks once more as long as something was looked at before it was watched: what happened to it in
/// between is not known. Likewise if the apps folder was replaced or taken away meanwhile: then its
/// files seem to be gone.
Scan Folder::scan_and_watch() {
  using Kind = Watched::Kind;
  for (int looks = 1;; ++looks) {
    Watches watches;
    const auto entering = [&](const fs::path& folder) {
      watch({Kind::kFolder, folder, {}}, watches);
    };
    const auto looked_at = folder_at(apps_);
    Scan found = scan(apps_, entering, partly_);
    bool late = std::exchange(partly_, found.partly) != found.partly;  // to look without them
    for (const Place& place : found.places) {
      late |= watch({Kind::kPlace, place.folder, place.name}, watches);
    }
    for (const fs::path& file : found.shared) late |= watch({Kind::kFile, file, {}}, watches);
    for (const fs::path& folder : found.above) late |= watch({Kind::kAbove, folder, {}}, watches);
    for (const auto& [number, all] : watches_) {
      if (listens_ && !watches.contains(number)) watch_->remove(number);
    }
    watches_ = std::move(watches);
    if (!late && folder_at(apps_) == looked_at) return found;
    if (looks < kMostLooks) continue;
    doubt();
    return found;
  }
}

/// Whether nobody has watched there before. What is too large is not watched: its events would keep
/// us busy, and what happens there is seen when it is compared.
bool Folder::watch(const Watched& what, Watches& watches) {
  if (!listens_ || lies_in_one_of(partly_, what.path)) return false;
  try {
    const auto number =
        what.kind == Watched::Kind::kAbove ? watch_->add_itself(what.path) : watch_->add(what.path);
    if (!number) return false;
    const bool late = !covered(what, *number, watches_) && !covered(what, *number, watches);
    watches[*number].push_back(what);
    return late;
  } catch (const std::system_error& error) {
    fall_back(limit_reached(error));
    return false;
  }
}

bool Folder::covered(const Watched& what, int number, const Watches& watches) {
  using Kind = Watched::Kind;
  const auto found = watches.find(number);
  return found != watches.end() && std::ranges::any_of(found->second, [&](const Watched& other) {
           return what.kind == Kind::kAbove || other.kind != Kind::kAbove;
         });
}

void Folder::fall_back(const std::string& why) {
  if (std::exchange(listens_, false)) watch_->end();
  watching_ = "stat every " + std::to_string(interval_.count()) + " ms: " + why;
  const bool at_start = compared_ == std::chrono::steady_clock::time_point();
  if (!at_start) spdlog::warn("sweep.watch: from now on {}", watching_);
}

void Folder::report(const std::vector<std::string>& problems) {
  const auto before = std::exchange(reported_, {});
  for (const auto& problem : problems) {
    if (reported_.insert(problem).second && !before.contains(problem)) spdlog::warn("{}", problem);
  }
}

}  // namespace shoal::releases
