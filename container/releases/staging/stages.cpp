#include "releases/staging/stages.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <stdexcept>
#include <string_view>

#include "base/failure.hpp"
#include "base/file_lock.hpp"
#include "base/files.hpp"
#include "base/private_folder.hpp"
#include "releases/linking/load_error.hpp"
#include "releases/staging/folder_name.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;
using base::Descriptor;
using base::PrivateFolder;

constexpr const char* kStagesFolder = "stages";
constexpr const char* kCount = ".count";
constexpr unsigned long kReservedAtOnce = 100;
constexpr int kDecimal = 10;

/// Returns the number that the text begins with; 0 if it does not.
unsigned long count_in(std::string_view text) {
  unsigned long count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count, kDecimal);
  return count;
}

/// Returns the COUNT of `GROUP.NUMBER.COUNT`; 0 if there is none.
unsigned long count_of_stage(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return 0;
  const std::string_view digits = name.substr(dot + 1);
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) return 0;
  return count_in(digits);
}

/// Adds the stages below `prefix`, which ends in a slash, that this text of /proc/PID/maps names.
void add_mapped(std::set<std::string>& names, std::string_view maps, const std::string& prefix) {
  while (!maps.empty()) {
    const std::string_view line = maps.substr(0, maps.find('\n'));
    maps.remove_prefix(std::min(line.size() + 1, maps.size()));
    const auto slash = line.find('/');
    if (slash == std::string_view::npos) continue;
    std::string_view path = line.substr(slash);
    if (!path.starts_with(prefix)) continue;
    path.remove_prefix(prefix.size());
    const auto end = path.find('/');
    if (end != std::string_view::npos) names.emplace(path.substr(0, end));
  }
}

/// Returns the path as /proc/PID/maps has it.
std::string as_in_maps(const fs::path& folder) {
  std::error_code none;
  fs::path path = fs::weakly_canonical(folder, none);
  if (none || path.empty()) path = fs::absolute(folder, none);
  std::string text;
  for (const char c : path.native()) {
    if (c == '\n') {
      text += "\\012";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

Stages::Stages(const fs::path& run) : run_(run), folder_(run / kStagesFolder) {
  try {
    PrivateFolder::at(run_).folder(kStagesFolder);
  } catch (const base::FolderError& error) {
    if (error.error() == 0) throw std::runtime_error(std::string("run: ") + error.what());
    base::fail({.thing = "run: " + folder_.native(),
                .fact = "cannot be written",
                .error = error.error(),
                .remedy = "create it for the container's user, or name another under \"run\""});
  }
  struct statvfs status;
  if (::statvfs(folder_.c_str(), &status) == 0 && (status.f_flag & ST_NOEXEC) != 0) {
    base::fail({.thing = "run: " + run_.native(),
                .fact = "mounted noexec, so no module can be loaded from it",
                .remedy = "name a folder that allows exec under \"run\", e.g. /var/lib/shoal"});
  }
}

unsigned long Stages::next_count() {
  struct stat status;
  const bool is_there = ::lstat(folder_.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
  if (next_ >= reserved_ || !is_there) reserve();
  return next_++;
}

/// Takes the next hundred counts. The file is written in place: its lock must not be lost by a
/// rename, and 21 bytes are written as a whole.
void Stages::reserve() try {
  const PrivateFolder folder = PrivateFolder::at(run_).folder(kStagesFolder);
  const fs::path path = folder.path() / kCount;
  const Descriptor file = folder.file(kCount, O_RDWR | O_CREAT);
  if (!file) fail_for_now(path, "cannot be opened", errno);
  const auto refused = base::lock_file(
      file.get(), base::kLongestLock,
      [&path](const std::string& what) { spdlog::warn("{}: {}", path.native(), what); });
  if (refused) throw Unavailable(path.native() + ": " + *refused);
  const auto text = base::read_whole(file.get());
  if (!text) fail_for_now(path, "cannot be read", errno);
  const unsigned long counted = count_in(*text);
  const unsigned long first = std::max({next_, counted, least_count(counted == 0)});
  std::array<char, 32> line;
  const int size = std::snprintf(line.data(), line.size(), "%020lu\n", first + kReservedAtOnce);
  const ssize_t written = ::pwrite(file.get(), line.data(), static_cast<std::size_t>(size), 0);
  if (written >= 0 && written < size) errno = ENOSPC;
  if (written != size) fail_for_now(path, "cannot be written", errno);
  next_ = first;
  reserved_ = first + kReservedAtOnce;
} catch (const base::FolderError& error) {
  throw Unavailable(error.what());
}

/// Returns a count above that of every stage that is there; if the counter is lost, of every stage
/// that is mapped, too.
unsigned long Stages::least_count(bool is_lost) const {
  auto names = stages();
  if (is_lost) names.merge(mapped_stages(folder_));
  unsigned long greatest = 0;
  for (const auto& name : names) greatest = std::max(greatest, count_of_stage(name));
  return greatest + 1;
}

fs::path Stages::name(const std::string& group, unsigned long number, unsigned long count) const {
  return folder_ /
         (folder_name_of(group) + "." + std::to_string(number) + "." + std::to_string(count));
}

std::set<std::string> Stages::stages() const {
  std::set<std::string> names;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder_, none)) {
    std::string name = entry.path().filename();
    if (!name.starts_with('.')) names.insert(std::move(name));
  }
  return names;
}

bool Stages::remove(const std::string& name) const {
  if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos) return false;
  std::error_code none;
  fs::remove_all(folder_ / name, none);
  return !fs::exists(fs::symlink_status(folder_ / name, none));
}

std::string label_of(unsigned long count) {
  constexpr int kBase = 36;
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), count, kBase).ptr;
  return "~" + std::string(digits.data(), end);
}

std::set<std::string> mapped_stages(const fs::path& folder) {
  const std::string prefix = as_in_maps(folder) + "/";
  std::set<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    const std::string process = it->path().filename();
    if (process.find_first_not_of("0123456789") != std::string::npos) continue;
    struct stat status;
    if (::stat(it->path().c_str(), &status) != 0 || status.st_uid != ::geteuid()) continue;
    if (const auto maps = base::read_whole(it->path() / "maps")) add_mapped(names, *maps, prefix);
  }
  return names;
}

}  // namespace shoal::releases
