#include "releases/apps/watch.hpp"

#include <sys/inotify.h>
#include <sys/ioctl.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <string_view>
#include <system_error>

namespace shoal::releases {
namespace {

// Linkers and copiers write in different ways: bfd creates and closes, lld renames before it
// closes, mold and rsync rename, strip writes in place, tools like touch only change attributes.
constexpr std::uint32_t kInterest = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM |
                                    IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

// Added to what the same folder may be watched for already.
constexpr std::uint32_t kInterestInItself = IN_DELETE_SELF | IN_MOVE_SELF | IN_MASK_ADD;

}  // namespace

bool Watch::pending() const {
  int bytes = 0;
  return ::ioctl(queue_->get(), FIONREAD, &bytes) == 0 && bytes > 0;
}

std::optional<int> Watch::add(const std::filesystem::path& path) { return add(path, kInterest); }

std::optional<int> Watch::add_itself(const std::filesystem::path& folder) {
  return add(folder, kInterestInItself);
}

std::optional<int> Watch::add(const std::filesystem::path& path, std::uint32_t interest) {
  const int watch = ::inotify_add_watch(queue_->get(), path.c_str(), interest);
  if (watch >= 0) {
    watches_.insert(watch);
    return watch;
  }
  if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) return std::nullopt;
  throw std::system_error(errno, std::system_category(), "inotify_add_watch " + path.native());
}

void Watch::remove(int watch) {
  ::inotify_rm_watch(queue_->get(), watch);
  watches_.erase(watch);
}

void Watch::end() {
  watches_.merge(watches_of_all_users());
  for (const int watch : watches_) ::inotify_rm_watch(queue_->get(), watch);
  watches_.clear();
  read();
}

/// As proc(5) has it: `inotify wd:2a ino:...`, in hexadecimal digits. Empty where /proc is not
/// mounted.
std::set<int> Watch::watches_of_all_users() const {
  std::ifstream info("/proc/self/fdinfo/" + std::to_string(queue_->get()));
  constexpr std::string_view kBefore = "inotify wd:";
  std::set<int> watches;
  for (std::string line; std::getline(info, line);) {
    int watch = 0;
    if (!line.starts_with(kBefore)) continue;
    const char* const end = line.data() + line.size();
    if (std::from_chars(line.data() + kBefore.size(), end, watch, 16).ec == std::errc()) {
      watches.insert(watch);
    }
  }
  return watches;
}

std::vector<Event> Watch::read() {
  std::vector<Event> events;
  alignas(inotify_event) std::array<char, 64 * 1024> buffer;
  for (;;) {
    const ssize_t size = ::read(queue_->get(), buffer.data(), buffer.size());
    if (size <= 0) return events;
    for (const char* at = buffer.data(); at < buffer.data() + size;) {
      inotify_event event;
      std::memcpy(&event, at, sizeof event);
      const char* name = at + sizeof event;
      events.push_back(
          {event.wd, event.mask, event.cookie, std::string(name, ::strnlen(name, event.len))});
      at += sizeof event + event.len;
    }
  }
}

}  // namespace shoal::releases
