#include "releases/history/history.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/printable.hpp"
#include "releases/history/manifest.hpp"
#include "releases/history/record_file.hpp"
#include "releases/linking/load_error.hpp"
#include "releases/staging/folder_name.hpp"

namespace shoal::releases {

namespace fs = std::filesystem;
using base::PrivateFolder;

namespace {

constexpr const char* kReleases = "releases";
constexpr const char* kNext = "next";
constexpr const char* kForgotten = "this release is not in the history any more";

/// Returns the number that `text` begins with; 0 if it does not.
unsigned long leading_number(const std::string& text) {
  unsigned long number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

PrivateFolder open_releases(const fs::path& run) try {
  return PrivateFolder::at(run).folder(kReleases);
} catch (const base::FolderError& error) {
  throw std::runtime_error(std::string("run: ") + error.what());
}

/// Returns the names of what lies in the folder, so that it can be changed meanwhile.
std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    names.push_back(it->path().filename().native());
  }
  if (error) {
    throw std::runtime_error("run: " + folder.native() + ": cannot be read (" + error.message() +
                             "); free file descriptors, and check that the user running shoal may "
                             "read it");
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

History::History(const fs::path& run, HistoryRules rules)
    : folder_(open_releases(run)), rules_(rules) {
  for (const std::string& name : names_in(folder())) {
    const fs::path path = folder() / name;
    const fs::file_status status = fs::symlink_status(path);
    if (name.ends_with(kSetAside)) continue;
    if (fs::is_directory(status) || fs::is_symlink(status)) read_group(path);
  }
}

void History::read_group(const fs::path& path) try {
  const std::string name = path.filename();
  const PrivateFolder group = folder_.folder(name);
  unsigned long& least = least_next_[name];
  for (const std::string& entry : names_in(path)) {
    if (entry.front() == '.' || entry.ends_with(".new")) {
      drop_draft(path / entry);  // a draft, or a release that was being removed
      continue;
    }
    const unsigned long number = leading_number(entry);
    if (number == 0) continue;
    least = std::max(least, number + 1);
    if (entry == std::to_string(number)) read_release(group, entry);
  }
} catch (const base::FolderError& error) {
  if (is_passing(error.error())) throw std::runtime_error(std::string("run: ") + error.what());
  set_aside(path, error.what(), "the history of this group is forgotten");
}

void History::read_release(const PrivateFolder& group, const std::string& name) {
  const auto forget = [&](const std::exception& error) {
    set_aside(group.path() / name, error.what(), kForgotten);
  };
  try {
    const auto text = read_record(group.folder(name), kManifest);
    if (!text) throw std::runtime_error(std::string(kManifest) + " is missing");
    Release release = release_of_manifest(*text);
    if (std::to_string(release.number) != name ||
        folder_name_of(release.group) != group.path().filename()) {
      throw std::runtime_error(std::string(kManifest) + " is of another release");
    }
    unsigned long& least = least_next_[folder_name_of(release.group)];
    for (const auto& it : release.attempts) least = std::max(least, it.generation + 1);
    auto& all = releases_[release.group];
    all.insert_or_assign(release.number, std::move(release));
  } catch (const base::FolderError& error) {
    if (is_passing(error.error())) throw std::runtime_error(std::string("run: ") + error.what());
    forget(error);
  } catch (const Unavailable& error) {
    throw std::runtime_error(std::string("run: ") + error.what());
  } catch (const std::exception& error) {
    forget(error);
  }
}

/// Opens the group's folder, and makes it and those above it if they were removed.
PrivateFolder History::folder_of(const std::string& group) const {
  return opened([&] {
    return PrivateFolder::at(folder().parent_path())
        .folder(kReleases)
        .folder(folder_name_of(group));
  });
}

/// Returns the number that comes next according to all that is known.
unsigned long History::next_of(const std::string& group) const {
  const auto least = least_next_.find(folder_name_of(group));
  unsigned long next = least == least_next_.end() ? 1 : std::max(least->second, 1UL);
  try {
    const auto text = read_record(folder_of(group), kNext);
    if (text) next = std::max(next, leading_number(*text));
  } catch (const Unavailable&) {
    throw;
  } catch (const std::exception& error) {
    set_aside(folder() / folder_name_of(group) / kNext, error.what(),
              "numbers go on from the releases that are there");
  }
  return next;
}

void History::write_next(const std::string& group, unsigned long next) {
  const PrivateFolder folder = folder_of(group);
  write_record(folder, kNext, std::to_string(next) + "\n");
  least_next_[folder_name_of(group)] = next;
  note_change();
}

unsigned long History::next_number(const std::string& group) {
  const unsigned long number = next_of(group);
  write_next(group, number + 1);
  return number;
}

void History::skip_to(const std::string& group, unsigned long number) {
  if (next_of(group) <= number) write_next(group, number + 1);
}

void History::record(const std::string& group, unsigned long number, Attempt attempt) {
  Release* const release = find_to_change(group, number);
  if (release == nullptr) return;
  attempt.at = in_milliseconds(attempt.at);
  release->attempts.push_back(std::move(attempt));
  bound_attempts(*release);
  write(*release);
}

void History::ban(const std::string& group, unsigned long number, Ban ban, unsigned crashes) {
  Release* const release = find_to_change(group, number);
  if (release == nullptr || (ban == Ban::kNone && release->ban == Ban::kNone)) return;
  release->ban = ban;
  release->crashes = ban == Ban::kNone ? 0 : crashes;
  release->banned_at = ban == Ban::kNone ? std::chrono::system_clock::time_point{}
                                         : in_milliseconds(std::chrono::system_clock::now());
  write(*release);
}

/// Replaces the release's manifest.
void History::write(const Release& release) {
  const fs::path place = folder() / folder_name_of(release.group) / std::to_string(release.number);
  const Name name{release.group, release.number};
  try {
    // Opening it would make it again.
    if (!fs::is_directory(fs::symlink_status(place))) fail_for_now(place, "is missing", ENOENT);
    const PrivateFolder folder =
        opened([&] { return folder_of(release.group).folder(place.filename()); });
    write_record(folder, kManifest, text_of_manifest(release));
    unwritten_.erase(name);
    cannot_write_ = false;
    note_change();
  } catch (const std::exception& error) {
    const bool is_known = !unwritten_.insert(name).second;
    if (std::exchange(cannot_write_, true) || is_known) return;
    spdlog::warn("{}/{}: cannot record in the history what became of it: {}",
                 base::printable(release.group), release.number, error.what());
  }
}

}  // namespace shoal::releases
