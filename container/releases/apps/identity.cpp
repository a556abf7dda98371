#include "releases/apps/identity.hpp"

#include <algorithm>

namespace shoal::releases {
namespace {

/// Unsigned, for `touch -d 2400-01-01` is past what fits: a time that wraps still tells files
/// apart.
std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
                                   static_cast<std::uint64_t>(time.tv_nsec));
}

}  // namespace

Identity identity_of(const struct stat& status) {
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = status.st_size,
          .modified_ns = nanoseconds(status.st_mtim),
          .changed_ns = nanoseconds(status.st_ctim)};
}

std::optional<Identity> identity_of(const std::filesystem::path& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return identity_of(status);
}

std::chrono::nanoseconds age_of(const Identity& identity) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::max(std::chrono::nanoseconds(now) - std::chrono::nanoseconds(identity.changed_ns),
                  std::chrono::nanoseconds::zero());
}

}  // namespace shoal::releases
