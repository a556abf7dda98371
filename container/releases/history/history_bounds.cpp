// What leaves the history, and what the disk has of it.
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/descriptor.hpp"
#include "base/printable.hpp"
#include "releases/history/history.hpp"
#include "releases/staging/folder_name.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;
using SystemClock = std::chrono::system_clock;
using Needed = std::map<std::string, std::set<unsigned long>>;

std::uint64_t size_of(const Release& release) {
  std::uint64_t size = 0;
  for (const auto& file : release.files) size += file.size;
  return size;
}

SystemClock::time_point last_tried(const Release& release) {
  return release.attempts.empty() ? SystemClock::time_point{} : release.attempts.back().at;
}

/// Returns the release that was banned, or tried in spite of its ban, last; null if none is banned.
const Release* newest_banned(const std::map<unsigned long, Release>& all) {
  const auto since = [](const Release& it) { return std::max(last_tried(it), it.banned_at); };
  const Release* newest = nullptr;
  for (const auto& [number, release] : all) {
    if (release.ban == Ban::kNone) continue;
    if (newest == nullptr || since(release) >= since(*newest)) newest = &release;
  }
  return newest;
}

}  // namespace

/// Returns the numbers of the group's releases that must not be removed.
std::set<unsigned long> History::kept_of(const std::string& group, const Needed& needed) const {
  std::set<unsigned long> kept;
  const auto keep = [&](const Release* release) {
    if (release != nullptr) kept.insert(release->number);
  };
  const auto numbers = needed.find(group);
  if (numbers != needed.end()) {
    for (const unsigned long number : numbers->second) {
      keep(find(group, number));
      keep(before(group, number));
    }
  }
  const Release* const good = last_good(group);
  keep(good);
  if (good != nullptr) keep(last_good(group, {good->number}));
  keep(newest_banned(of(group)));
  return kept;
}

/// Removes the oldest releases beyond `keep`. Those with a ban are counted apart: what is forgotten
/// would be tried again.
void History::remove_beyond_number(const std::string& group, const std::set<unsigned long>& kept) {
  for (const bool banned : {false, true}) {
    std::vector<unsigned long> removable;
    std::size_t count = 0;
    for (const auto& [number, release] : of(group)) {
      if ((release.ban != Ban::kNone) != banned) continue;
      ++count;
      if (!kept.contains(number)) removable.push_back(number);
    }
    const std::size_t beyond = count > rules_.keep ? count - rules_.keep : 0;
    removable.resize(std::min(removable.size(), beyond));
    for (const unsigned long number : removable) remove(group, number);
  }
}

void History::prune(const Needed& needed) {
  for (const auto& [group, number] : std::set<Name>(unwritten_)) {
    const Release* const release = find(group, number);
    if (release != nullptr) write(*release);
  }
  struct Removable {
    SystemClock::time_point tried;
    Name name;
    std::uint64_t size;
    bool operator<(const Removable& other) const { return tried < other.tried; }
  };
  std::vector<Removable> removable;
  std::uint64_t total = 0;
  for (const std::string& group : groups()) {
    const auto kept = kept_of(group, needed);
    remove_beyond_number(group, kept);
    for (const auto& [number, release] : of(group)) {
      total += size_of(release);
      if (kept.contains(number)) continue;
      removable.push_back({last_tried(release), {group, number}, size_of(release)});
    }
  }
  std::ranges::stable_sort(removable, std::less<>());
  for (const auto& [tried, name, size] : removable) {
    if (total <= rules_.size) break;
    remove(name.first, name.second);
    total -= size;
  }
}

void History::remove(const std::string& group, unsigned long number) {
  const fs::path place = folder() / folder_name_of(group) / std::to_string(number);
  const fs::path removed = place.parent_path() / (".removed." + std::to_string(number));
  std::error_code error;
  fs::remove_all(removed, error);
  // Renamed first: a process that is killed meanwhile must not leave half a release.
  fs::rename(place, removed, error);
  if (error && error != std::errc::no_such_file_or_directory) {
    spdlog::warn("{}: cannot be removed ({}); check that the user running shoal may write there",
                 base::printable(place.native()), error.message());
    return;
  }
  fs::remove_all(removed, error);
  releases_.at(group).erase(number);
  unwritten_.erase({group, number});
}

void History::sync() {
  if (!unsynced_.exchange(false)) return;
  const base::Descriptor opened(::open(folder().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened && ::syncfs(opened.get()) == 0) return;
  if (!opened && errno == ENOENT) return;  // removed by hand; it is made again when it is needed
  const int error = errno;
  unsynced_ = true;
  spdlog::warn(
      "{}: cannot be written to the disk for good ({}); what was decided last may be lost if the "
      "machine loses power: check the disk; will retry",
      base::printable(folder().native()),
      std::error_code(error, std::generic_category()).message());
}

}  // namespace shoal::releases
