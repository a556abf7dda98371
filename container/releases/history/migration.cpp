#include "releases/history/migration.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <vector>

#include "base/descriptor.hpp"
#include "base/printable.hpp"
#include "base/private_folder.hpp"
#include "releases/apps/copying.hpp"
#include "releases/apps/digest.hpp"
#include "releases/apps/file_bytes.hpp"
#include "releases/history/old_run.hpp"
#include "releases/history/record_file.hpp"
#include "releases/linking/load_error.hpp"
#include "releases/staging/folder_name.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;
using base::Descriptor;
using base::printable;
using base::PrivateFolder;

constexpr const char* kOldLedger = "ledger";
constexpr const char* kOldKept = "kept";
constexpr std::string_view kOldPage = ".json";

/// Makes the folder of a draft, and removes it unless it has become a release.
class DraftFolder {
 public:
  explicit DraftFolder(fs::path path) : path_(std::move(path)) {
    if (::mkdir(path_.c_str(), 0700) != 0) fail_for_now(path_, "cannot be made", errno);
  }
  ~DraftFolder() { History::drop_draft(path_); }
  DraftFolder(const DraftFolder&) = delete;
  DraftFolder& operator=(const DraftFolder&) = delete;

  const fs::path& path() const { return path_; }

  /// Copies the open file.
  void copy(int from, const std::string& module) const {
    const fs::path to = path_ / (module + ".so");
    const Descriptor target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!target || !copy_contents(from, target.get())) {
      fail_for_now(to, "cannot be copied", errno);
    }
  }

 private:
  fs::path path_;
};

/// Takes over the pages, one after the other.
class TakeOver {
 public:
  TakeOver(const fs::path& run, History& history, const std::map<std::string, Files>& apps)
      : run_(run), history_(history), apps_(apps) {}

  void page(const std::string& group, const OldPage& page);

  std::string text() const {
    return "numbers go on (groups: " + std::to_string(groups_) +
           "), last good releases: " + std::to_string(good_) +
           ", quarantines: " + std::to_string(withdrawn_);
  }

 private:
  bool withdrawn(Release release, const OldFiles& old);
  bool good(Release release, const OldFiles& old);
  unsigned long number_for(const std::string& group, const OldFiles& old, unsigned long above);

  const fs::path& run_;
  History& history_;
  const std::map<std::string, Files>& apps_;
  unsigned groups_ = 0;
  unsigned good_ = 0;
  unsigned withdrawn_ = 0;
};

/// Returns the number that the release gets: its own, unless an older release has a greater one,
/// since 0.1 began at 1 at each start.
unsigned long TakeOver::number_for(const std::string& group, const OldFiles& old,
                                   unsigned long above) {
  const bool is_free = old.number > above && history_.find(group, old.number) == nullptr;
  return is_free ? old.number : history_.next_number(group);
}

void TakeOver::page(const std::string& group, const OldPage& page) {
  history_.skip_to(group, page.last);
  ++groups_;
  unsigned long above = 0;
  for (const auto& old : page.files) {
    Release release;
    release.group = group;
    release.number = number_for(group, old, above);
    above = release.number;
    if (old.withdrawn) {
      withdrawn_ += withdrawn(std::move(release), old);
    } else {
      good_ += good(std::move(release), old);
    }
  }
}

Attempt attempt_of_old(const Release& release, std::chrono::system_clock::time_point at) {
  return {.at = at,
          .origin = {.kind = Origin::Kind::kFiles, .who = {}},
          .generation = release.number,
          .verdict = Verdict::kLive,
          .reason = {}};
}

bool TakeOver::withdrawn(Release release, const OldFiles& old) try {
  const auto files = apps_.find(release.group);
  if (files == apps_.end() || old_fingerprint_of(files->second) != old.fingerprint) return false;
  const DraftFolder draft(history_.draft(release.group, release.number));
  for (const auto& [module, file] : files->second) {
    struct stat status {};
    const Descriptor from = open_module_file(file.path, status);
    if (identity_of(status) != file.identity) return false;  // replaced: no quarantine any more
    draft.copy(from.get(), module);
    const auto sha256 = sha256_of(from.get());
    if (!sha256) fail_for_now(file.path, "cannot be read", errno);
    release.files.push_back({.module = module,
                             .path = file.path,
                             .sha256 = *sha256,
                             .build_id = build_id_in(from.get()),
                             .size = static_cast<std::uint64_t>(status.st_size)});
  }
  release.attempts.push_back(attempt_of_old(release, old.since));
  release.ban = Ban::kWithdrawn;
  release.crashes = old.crashes;
  release.banned_at = old.since;
  if (history_.find_content(release.group, content_of(release.files)) != nullptr) return true;
  history_.add(std::move(release), draft.path());
  return true;
} catch (const FileError& error) {
  if (is_passing(error.error())) throw Unavailable(error.what());
  return false;  // removed or replaced meanwhile
}

bool TakeOver::good(Release release, const OldFiles& old) {
  const fs::path place = run_ / kOldKept / release.group / old.fingerprint;
  std::error_code none;
  if (!fs::is_directory(fs::symlink_status(place, none))) return false;
  try {
    const PrivateFolder folder =
        PrivateFolder::at(run_).folder(kOldKept).folder(release.group).folder(old.fingerprint);
    const OldKept kept = old_kept_in(folder);
    release.files = kept.files;
    release.attempts.push_back(attempt_of_old(release, kept.at));
    const Release* const same = history_.find_content(release.group, content_of(release.files));
    if (same != nullptr && same->ban == Ban::kWithdrawn) {
      // Dropped twice: the first copy serves instead of the second, and nothing else may be there.
      history_.ban(release.group, same->number, Ban::kNone);
      withdrawn_ -= std::min(withdrawn_, 1U);
    }
    if (same != nullptr) return true;
    const DraftFolder draft(history_.draft(release.group, release.number));
    for (const auto& file : release.files) {
      const Descriptor from = folder.file(file.module + ".so", O_RDONLY);
      if (!from) fail_for_now(place, "cannot be read", errno);
      draft.copy(from.get(), file.module);
    }
    history_.add(std::move(release), draft.path());
    return true;
  } catch (const Unavailable&) {
    throw;
  } catch (const std::exception& error) {
    spdlog::warn("{}: these kept files cannot be taken over: {}", printable(place.native()),
                 printable(error.what()));
    return false;
  }
}

/// Returns the groups that have a page.
std::vector<std::string> groups_in(const fs::path& ledger) {
  std::vector<std::string> groups;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(ledger, none)) {
    std::string name = entry.path().filename();
    if (!name.ends_with(kOldPage)) continue;
    name.resize(name.size() - kOldPage.size());
    if (!name.empty()) groups.push_back(std::move(name));
  }
  std::ranges::sort(groups);
  return groups;
}

/// Moves a page of the ledger to where it stays.
void keep_unreadable(const fs::path& page, const std::string& group, const fs::path& releases,
                     const std::string& why) {
  const fs::path aside = releases / (folder_name_of(group) + ".ledger" + kSetAside);
  std::error_code none;
  fs::rename(page, aside, none);
  spdlog::warn(
      "{}: not a page of the ledger ({}); renamed to {}: the numbers and the quarantine of "
      "this group are forgotten",
      printable(page.native()), printable(why), printable(aside.native()));
}

}  // namespace

bool migrate(const fs::path& run, History& history, const std::map<std::string, Files>& apps) {
  const fs::path ledger = run / kOldLedger;
  const fs::path kept = run / kOldKept;
  std::error_code none;
  const auto is_there = [&none](const fs::path& path) {
    return fs::exists(fs::symlink_status(path, none));
  };
  if (!is_there(ledger) && !is_there(kept)) return false;
  TakeOver take_over(run, history, apps);
  for (const auto& group : is_there(ledger) ? groups_in(ledger) : std::vector<std::string>()) {
    try {
      const auto folder = PrivateFolder::at(run).folder(kOldLedger);
      const auto text = read_record(folder, group + std::string(kOldPage));
      if (text) take_over.page(group, old_page_of(*text));
    } catch (const Unavailable&) {
      throw;
    } catch (const std::exception& error) {
      keep_unreadable(ledger / (group + std::string(kOldPage)), group, history.folder(),
                      error.what());
    }
  }
  history.sync();  // before the last other copy of it goes
  fs::remove_all(kept, none);
  fs::remove_all(ledger, none);
  spdlog::info("{}: taken over from shoal 0.1: {}; its ledger and kept files are removed",
               printable(run.native()), take_over.text());
  return true;
}

}  // namespace shoal::releases
