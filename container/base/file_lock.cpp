#include "base/file_lock.hpp"

#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include "base/printable.hpp"

namespace shoal::base {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kShortestPause{1};
constexpr milliseconds kLongestPause{50};
constexpr std::chrono::seconds kSayAfter{1};

/// Returns true if the line of /proc/locks, from `FLOCK` on, is about the file. Ignores the device:
/// on some file systems fstat reports another one than /proc/locks. Sets `id` to the process that
/// has taken the lock.
bool is_flock_of(const struct stat& file, std::istream& words, std::string& id) {
  // FLOCK  ADVISORY  WRITE 1234 fe:01:567 0 EOF
  std::string kind, how, mode, place;
  words >> kind >> how >> mode >> id >> place;
  return kind == "FLOCK" && place.ends_with(":" + std::to_string(file.st_ino));
}

/// Returns the id of the process that has taken a flock of the file; empty if it is not known.
std::string taker_of_lock(const struct stat& file) {
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, id;
    words >> number;
    if (is_flock_of(file, words, id) && id != "0") return id;
  }
  return {};
}

/// Returns true if a descriptor of the process holds a flock of the file. A zombie has none.
bool holds_lock(const std::string& id, const struct stat& file) {
  const fs::path process = "/proc/" + id;
  std::error_code error;
  for (fs::directory_iterator it(process / "fd", error), end; !error && it != end;
       it.increment(error)) {
    struct stat opened {};
    if (::stat(it->path().c_str(), &opened) != 0) continue;
    if (opened.st_ino != file.st_ino || opened.st_dev != file.st_dev) continue;
    std::ifstream info(process / "fdinfo" / it->path().filename());
    for (std::string line; std::getline(info, line);) {
      std::istringstream words(line);  // lock:   1: FLOCK  ADVISORY  WRITE 1234 fe:01:567 0 EOF
      std::string key, number, taker;
      words >> key >> number;
      if (key == "lock:" && is_flock_of(file, words, taker)) return true;
    }
  }
  return false;
}

std::string process(const std::string& id) {
  std::ifstream comm("/proc/" + id + "/comm");
  std::string name;
  std::getline(comm, name);
  return "process " + id + (name.empty() ? "" : " (" + printable(name) + ")");
}

}  // namespace

std::optional<std::string> lock_file(int file, milliseconds patience,
                                     const std::function<void(const std::string&)>& waiting) {
  const auto begin = steady_clock::now();
  auto pause = kShortestPause;
  bool said = false;
  while (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return std::string("cannot be locked (") + std::strerror(errno) + ")";
    const auto waited = steady_clock::now() - begin;
    if (waited > patience) {
      return holder_of_lock(file) + " has held its lock for " +
             std::to_string(std::chrono::round<std::chrono::seconds>(waited).count()) +
             " s; end that process";
    }
    if (waited > kSayAfter && !std::exchange(said, true)) {
      waiting("waits for the lock that " + holder_of_lock(file) + " holds");
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, kLongestPause);
  }
  return std::nullopt;
}

std::string holder_of_lock(int file) {
  struct stat wanted {};
  if (::fstat(file, &wanted) != 0) return "another process";
  const std::string taker = taker_of_lock(wanted);
  if (holds_lock(taker, wanted)) return process(taker);
  // It has ended. The lock is that of its descriptor, which other processes have inherited.
  std::error_code error;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    const std::string id = it->path().filename();
    if (id.find_first_not_of("0123456789") == std::string::npos && holds_lock(id, wanted)) {
      return process(id);
    }
  }
  return fs::exists("/proc/" + taker, error) && !taker.empty() ? process(taker) : "another process";
}

}  // namespace shoal::base
