#include "base/file_lock.hpp"

#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include "base/printable.hpp"

namespace shoal::base {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kShortestPause{1};
constexpr milliseconds kLongestPause{50};
constexpr std::chrono::seconds kSayAfter{1};

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
  struct stat status {};
  if (::fstat(file, &status) == 0) {
    // 1: FLOCK  ADVISORY  WRITE 1234 fe:01:567 0 EOF
    // Ignores the device: on some file systems fstat reports another one than /proc/locks.
    const std::string inode = ":" + std::to_string(status.st_ino);
    std::ifstream locks("/proc/locks");
    for (std::string line; std::getline(locks, line);) {
      std::istringstream words(line);
      std::string number, kind, how, mode, id, place;
      words >> number >> kind >> how >> mode >> id >> place;
      if (kind == "FLOCK" && id != "0" && place.ends_with(inode)) return process(id);
    }
  }
  return "another process";
}

}  // namespace shoal::base
