#include "releases/apps/marker.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/failure.hpp"
#include "base/file_lock.hpp"
#include "base/files.hpp"
#include "base/private_folder.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;
using base::Descriptor;

constexpr std::string_view kMarker = ".shoal-drop.";
constexpr std::string_view kNew = ".shoal-new.";

// A drop renames within milliseconds; one that hangs must not stop all reloading.
constexpr std::chrono::minutes kLongestDrop{1};

[[noreturn]] void fail(const fs::path& path) {
  base::fail({.thing = path.native(),
              .fact = "cannot be written",
              .error = errno,
              .remedy = "free disk space, and check that the user running shoal may write there"});
}

/// One look at a marker.
struct Look {
  bool there = true;
  bool held = true;  // its owner lives; or it cannot be told, and is assumed
  Descriptor file;   // keeps it from being held while we look
};

Look look_at(const fs::path& marker) {
  Look look;
  // Not to hang on a FIFO of that name.
  look.file = Descriptor(::open(marker.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
  if (!look.file) {
    look.there = errno != ENOENT;
    look.held = look.there;
  } else if (::flock(look.file.get(), LOCK_SH | LOCK_NB) == 0) {
    look.held = false;
    // Its owner may have lifted it since it was opened here, and let go of it then.
    struct stat status {};
    look.there = ::fstat(look.file.get(), &status) == 0 && status.st_nlink != 0;
  }
  return look;
}

/// Looked for in the order in which its owner renames it, so that he cannot slip through.
bool lives(const fs::path& apps, const std::string& id) {
  return std::ranges::any_of(std::array{kNew, kMarker}, [&](std::string_view prefix) {
    return look_at(apps / (std::string(prefix) + id)).held;
  });
}

/// The id in `.shoal-drop.<id>`, `.shoal-new.<id>` or `.shoal-new.<id>.<time>`; else empty.
std::string id_in(const std::string& name) {
  for (const std::string_view prefix : {kMarker, kNew}) {
    if (name.starts_with(prefix)) {
      return name.substr(prefix.size(), name.find('.', prefix.size()) - prefix.size());
    }
  }
  return {};
}

/// Returns the process id that a marker of this size holds; empty if it holds something else.
std::string owner_in(int file, off_t size) {
  constexpr off_t kLongest = 32;  // another user may have written anything
  if (size > kLongest) return {};
  const std::string pid = base::read_whole(file).value_or("");
  return pid.substr(0, pid.find('\n'));
}

std::chrono::system_clock::time_point modified(const struct stat& status) {
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(
          std::chrono::seconds(status.st_mtim.tv_sec) +
          std::chrono::nanoseconds(status.st_mtim.tv_nsec)));
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    entries.push_back(entry->path());
  }
  return entries;
}

}  // namespace

Marker::Marker(const fs::path& apps) {
  for (;;) {
    std::string name = (apps / kNew).native() + "XXXXXX";
    file_ = Descriptor(::mkostemp(name.data(), O_CLOEXEC));
    if (!file_) fail(apps);
    path_ = name;
    id_ = id_in(path_.filename().native());
    const auto refused =
        base::lock_file(file_.get(), base::kLongestLock, [](const std::string&) {});
    if (refused) throw std::runtime_error(path_.native() + ": " + *refused);
    // Else another drop has taken it for what a dead one left, before it was locked.
    if (base::names(path_, file_.get())) break;
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  // Readable, for the container runs as another user.
  if (::fchmod(file_.get(), 0644) != 0 || !base::write_whole(file_.get(), pid)) {
    const int error = std::exchange(errno, 0);
    ::unlink(path_.c_str());
    errno = error;
    fail(path_);
  }
}

Marker::~Marker() { ::unlink(path_.c_str()); }

void Marker::raise() {
  const fs::path up = path_.parent_path() / (std::string(kMarker) + id_);
  if (::futimens(file_.get(), nullptr) != 0 || ::rename(path_.c_str(), up.c_str()) != 0) fail(up);
  path_ = up;
}

std::string Marker::name_of_new(std::int64_t time) const {
  return std::string(kNew) + id_ + "." + std::to_string(time);
}

bool is_marker(std::string_view name) {
  return name.starts_with(kMarker) && name.size() > kMarker.size();
}

std::optional<std::int64_t> time_of_new(std::string_view name) {
  if (!name.starts_with(kNew)) return std::nullopt;
  const auto dot = name.find('.', kNew.size());
  if (dot == std::string_view::npos) return std::nullopt;
  name.remove_prefix(dot + 1);
  std::int64_t time = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), time);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return time;
}

std::set<fs::path> markers_in(const fs::path& apps) {
  std::set<fs::path> markers;
  for (const auto& path : entries_of(apps)) {
    if (is_marker(path.filename().native())) markers.insert(path);
  }
  return markers;
}

void remove_dead_drops(const fs::path& apps, const fs::path& folder) {
  for (const auto& path : entries_of(folder)) {
    const std::string name = path.filename();
    if (time_of_new(name) && !lives(apps, id_in(name))) ::unlink(path.c_str());
  }
  for (const auto& path : entries_of(apps)) {
    const std::string name = path.filename();
    if (id_in(name).empty() || time_of_new(name)) continue;
    const Look look = look_at(path);
    if (look.there && !look.held) ::unlink(path.c_str());
  }
}

void Markers::appeared(const fs::path& marker) {
  known_.try_emplace(marker, Known{std::chrono::steady_clock::now()});
}

void Markers::are(const std::set<fs::path>& markers) {
  std::erase_if(known_, [&](const auto& entry) { return !markers.contains(entry.first); });
  for (const auto& marker : markers) appeared(marker);
}

bool Markers::hold() {
  bool held = false;
  for (auto& [path, known] : known_) {
    const Look look = look_at(path);
    struct stat status {};
    if (look.file) ::fstat(look.file.get(), &status);
    // One that is not there was lifted a moment ago: the word of it comes last, after all that its
    // owner has renamed.
    const bool old =
        (look.file && std::chrono::system_clock::now() - modified(status) > kLongestDrop) ||
        std::chrono::steady_clock::now() - known.since > kLongestDrop;
    const bool holds = !old && (look.held || !look.there);
    held |= holds;
    if (holds || !look.there || std::exchange(known.reported, true)) continue;
    const std::string owner = look.file ? owner_in(look.file.get(), status.st_size) : "";
    const std::string process = owner.empty() ? "the process" : "process " + owner;
    spdlog::warn(
        "{}: ignored: {}", path.native(),
        look.held ? "over a minute old; end " + process + ", which holds it, and remove it"
                  : process + ", which made it, died during its drop; drop again, and remove it");
  }
  return held;
}

}  // namespace shoal::releases
