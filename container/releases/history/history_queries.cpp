// What the history knows, and where the files lie.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/descriptor.hpp"
#include "base/failure.hpp"
#include "releases/apps/digest.hpp"
#include "releases/history/history.hpp"
#include "releases/history/record_file.hpp"
#include "releases/linking/load_error.hpp"
#include "releases/staging/folder_name.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;
using base::Descriptor;
using base::PrivateFolder;

constexpr const char* kDropAgain = "drop the files again";

/// Returns the number of the newest live generation that was made of it; 0 if it was never live.
unsigned long newest_live(const Release& release) {
  for (auto it = release.attempts.rbegin(); it != release.attempts.rend(); ++it) {
    if (it->verdict != Verdict::kLive) continue;
    return it->generation == 0 ? release.number : it->generation;
  }
  return 0;
}

/// Returns the newest release of these that was live before the generation `below`, is not banned,
/// and is none of `others`.
const Release* newest_good(const std::map<unsigned long, Release>& all, unsigned long below,
                           const std::set<const Release*>& others) {
  const Release* newest = nullptr;
  for (const auto& [number, release] : all) {
    const unsigned long live = newest_live(release);
    if (live == 0 || live >= below || release.ban != Ban::kNone || others.contains(&release))
      continue;
    if (newest == nullptr || live > newest_live(*newest)) newest = &release;
  }
  return newest;
}

/// Throws LoadError: this copy cannot be used.
[[noreturn]] void fail_on_copy(const fs::path& path, const char* fact, int error,
                               const std::string& module) {
  // EIO: reading it again will not help.
  if (is_passing(error) && error != EIO) fail_for_now(path, fact, error);
  throw LoadError(
      base::Failure{.thing = path.native(), .fact = fact, .error = error, .remedy = kDropAgain}
          .text(),
      module);
}

File verified(const PrivateFolder& folder, const ReleasedFile& file) {
  const std::string name = file.module + ".so";
  const fs::path path = folder.path() / name;
  const Descriptor copy = folder.file(name, O_RDONLY);
  if (!copy && errno == ENOENT) fail_on_copy(path, "is missing", 0, file.module);
  if (!copy) fail_on_copy(path, "cannot be read", errno, file.module);
  const auto sha256 = sha256_of(copy.get());
  struct stat status {};
  if (!sha256 || ::fstat(copy.get(), &status) != 0) {
    fail_on_copy(path, "cannot be read", errno, file.module);
  }
  if (*sha256 != file.sha256) {
    fail_on_copy(path, "differs from what was dropped", 0, file.module);
  }
  return {path, identity_of(status)};
}

}  // namespace

const std::map<unsigned long, Release>& History::of(const std::string& group) const {
  static const std::map<unsigned long, Release> none;
  const auto found = releases_.find(group);
  return found == releases_.end() ? none : found->second;
}

std::set<std::string> History::groups() const {
  std::set<std::string> names;
  for (const auto& [group, all] : releases_) {
    if (!all.empty()) names.insert(group);
  }
  return names;
}

const Release* History::find(const std::string& group, unsigned long number) const {
  if (number == 0) return nullptr;
  const auto& all = of(group);
  const auto found = all.find(number);
  if (found != all.end()) return &found->second;
  for (const auto& [_, release] : all) {
    for (const auto& attempt : release.attempts) {
      if (attempt.generation == number) return &release;
    }
  }
  return nullptr;
}

Release* History::find_to_change(const std::string& group, unsigned long number) {
  const Release* const found = find(group, number);
  return found == nullptr ? nullptr : &releases_.at(group).at(found->number);
}

const Release* History::find_content(const std::string& group, const std::string& content) const {
  const auto& all = of(group);
  for (auto it = all.rbegin(); it != all.rend(); ++it) {
    if (content_of(it->second.files) == content) return &it->second;
  }
  return nullptr;
}

const Release* History::last_good(const std::string& group,
                                  const std::set<unsigned long>& others) const {
  std::set<const Release*> found;
  for (const unsigned long number : others) found.insert(find(group, number));
  return newest_good(of(group), ~0UL, found);
}

const Release* History::before(const std::string& group, unsigned long serving) const {
  const Release* const release = find(group, serving);
  // The number of a release stands for its newest generation.
  const bool is_release = release != nullptr && release->number == serving;
  const unsigned long live = is_release ? newest_live(*release) : 0;
  return newest_good(of(group), live == 0 ? serving : live, {release});
}

Files History::copies_of(const Release& release) const try {
  const std::string group = folder_name_of(release.group);
  const std::string number = std::to_string(release.number);
  const fs::path place = folder() / group / number;
  std::error_code none;
  // Opening it would make it.
  if (!fs::exists(fs::symlink_status(place, none))) fail_on_copy(place, "is missing", 0, {});
  const PrivateFolder folder = folder_of(release.group).folder(number);
  Files files;
  for (const auto& file : release.files) files[file.module] = verified(folder, file);
  return files;
} catch (const base::FolderError& error) {
  if (is_passing(error.error())) throw Unavailable(error.what());
  throw LoadError(error.what());
}

fs::path History::folder_of_release(const Release& release) const {
  return folder() / folder_name_of(release.group) / std::to_string(release.number);
}

}  // namespace shoal::releases
