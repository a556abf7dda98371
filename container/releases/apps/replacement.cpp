#include "releases/apps/replacement.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <utility>

#include "base/descriptor.hpp"
#include "base/failure.hpp"
#include "releases/apps/copying.hpp"
#include "releases/apps/identity.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;
using base::Descriptor;

constexpr const char* kMayWrite = "check that the user running shoal may write there";
constexpr const char* kFreeSpace = "free disk space";

/// The time of day, never the same twice. By the clock itself, not by the one that stamps files and
/// ticks every few milliseconds: so no two files that are dropped share an identity, though the
/// second may get the inode and the size of the first within one tick.
std::int64_t time_of_its_own() {
  static std::int64_t last = 0;
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  last = std::max(last + 1, std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec);
  return last;
}

}  // namespace

Hidden::~Hidden() { ::unlink(path_.c_str()); }

Replacement::Replacement(const fs::path& from, fs::path target, const Marker& marker,
                         const Check& check)
    : target_(std::move(target)),
      time_(time_of_its_own()),
      new_(target_.parent_path() / marker.name_of_new(time_)),
      old_(target_.parent_path() / marker.name_of_new(time_of_its_own())) {
  copy(from, check);
}

void Replacement::replace() {
  // The target may come or go meanwhile, but not for ever.
  for (int attempt = 0; attempt < 10; ++attempt) {
    if (rename_to_target(RENAME_EXCHANGE)) {
      done_ = Done::kExchanged;
      return;
    }
    if (errno == ENOENT && rename_to_target(RENAME_NOREPLACE)) {
      done_ = Done::kAdded;
      return;
    }
    if (errno == EEXIST) continue;
    if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) return replace_plainly();
    break;
  }
  fail_on_target("cannot be replaced", errno, kMayWrite);
}

bool Replacement::undo() {
  switch (done_) {
    case Done::kNothing:
      return true;
    case Done::kExchanged:
      return rename_to_target(RENAME_EXCHANGE);
    case Done::kAdded:
      return ::rename(target_.c_str(), new_.c_str()) == 0;
    case Done::kKeptOld:
      return ::rename(old_.c_str(), target_.c_str()) == 0;
  }
  return false;
}

bool Replacement::rename_to_target(unsigned how) {
  return ::renameat2(AT_FDCWD, new_.c_str(), AT_FDCWD, target_.c_str(), how) == 0;
}

/// For file systems such as NFS, that know only the plain rename. Here the place may be empty for a
/// moment, if they know no hard links either.
void Replacement::replace_plainly() {
  const bool linked = ::link(target_.c_str(), old_.c_str()) == 0;
  const bool kept = linked || ::rename(target_.c_str(), old_.c_str()) == 0;
  if (!kept && errno != ENOENT) fail_on_target("cannot be set aside", errno, kFreeSpace);
  if (::rename(new_.c_str(), target_.c_str()) == 0) {
    done_ = kept ? Done::kKeptOld : Done::kAdded;
    return;
  }
  const int error = errno;
  if (kept && !linked) ::rename(old_.c_str(), target_.c_str());
  fail_on_target("cannot be replaced", error, kMayWrite);
}

void Replacement::fail_on_target(const char* fact, int error, const char* remedy) const {
  base::fail({.thing = target_.native(), .fact = fact, .error = error, .remedy = remedy});
}

void Replacement::copy(const fs::path& path, const Check& check) {
  // Not to hang on a FIFO that took the file's place.
  const Descriptor from(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat before, after;
  if (!from || ::fstat(from.get(), &before) != 0) {
    base::fail({.thing = path.native(),
                .fact = "cannot be read",
                .error = errno,
                .remedy = "check that the user running shoal may read it"});
  }
  // Closed before it is renamed: else its being closed would look like another change.
  const Descriptor to(::open(new_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!to) fail_on_target("cannot be written", errno, kMayWrite);
  if (!copy_contents(from.get(), to.get(), check)) {
    fail_on_target("cannot be written", errno, kFreeSpace);
  }
  // The container's user must be able to read it, whatever the umask.
  const timespec time{time_ / 1'000'000'000, time_ % 1'000'000'000};
  const std::array<timespec, 2> times{time, time};
  if (::fchmod(to.get(), (before.st_mode & S_IXUSR) != 0 ? 0755 : 0644) != 0 ||
      ::futimens(to.get(), times.data()) != 0) {
    fail_on_target("cannot get its mode and time", errno, "check the file system");
  }
  if (::fstat(from.get(), &after) != 0 || identity_of(before) != identity_of(after)) {
    base::fail({.thing = path.native(),
                .fact = "changed while it was copied",
                .remedy = "drop it again when it is complete"});
  }
}

}  // namespace shoal::releases
