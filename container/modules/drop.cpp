#include "modules/drop.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <deque>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include "modules/identity.hpp"
#include "modules/marker.hpp"
#include "shoal/host/descriptor.hpp"

namespace shoal::modules {
namespace {

namespace fs = std::filesystem;
using host::Descriptor;
using Check = std::function<void()>;  // throws when there is no sense in going on

constexpr std::chrono::minutes kLongestTurn{1};

[[noreturn]] void fail(const fs::path& path, const std::string& what, int error,
                       const std::string& remedy) {
  throw std::runtime_error(path.native() + ": " + what + " (" + std::strerror(error) + "); " +
                           remedy);
}

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

/// A hidden name, and the file that may bear it.
class Hidden {
 public:
  explicit Hidden(fs::path path) : path_(std::move(path)) {}
  ~Hidden() { ::unlink(path_.c_str()); }
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;

  const char* c_str() const { return path_.c_str(); }

 private:
  const fs::path path_;
};

/// Folders that the drop needs and that were not there: removed again unless it succeeds.
class NewFolders {
 public:
  NewFolders() = default;
  ~NewFolders() {
    for (; !made_.empty(); made_.pop_back()) ::rmdir(made_.back().c_str());
  }
  NewFolders(const NewFolders&) = delete;
  NewFolders& operator=(const NewFolders&) = delete;

  void make(const fs::path& folder) {
    if (fs::is_directory(folder)) return;
    make(folder.parent_path());
    if (::mkdir(folder.c_str(), 0755) != 0) {
      if (errno == EEXIST && fs::is_directory(folder)) return;
      fail(folder, "cannot be made", errno, "see that there is room, and that you may write there");
    }
    made_.push_back(folder);
    ::chmod(folder.c_str(), 0755);  // whatever the umask: the container is another user
  }
  void keep() { made_.clear(); }

 private:
  std::vector<fs::path> made_;
};

/// One module's new file, copied beside the place where it is to go.
class Replacement {
 public:
  Replacement(const Drop& drop, fs::path target, const Marker& marker, const Check& check)
      : target_(std::move(target)),
        time_(time_of_its_own()),
        new_(target_.parent_path() / marker.name_of_new(time_)),
        old_(target_.parent_path() / marker.name_of_new(time_of_its_own())) {
    copy(drop.from, check);
  }

  /// Puts it into its place.
  void replace() {
    // The target may come or go meanwhile, but not for ever.
    for (int attempt = 0; attempt < 10; ++attempt) {
      if (rename_to_target(RENAME_EXCHANGE)) return done(Done::kExchanged);
      if (errno == ENOENT && rename_to_target(RENAME_NOREPLACE)) return done(Done::kAdded);
      if (errno == EEXIST) continue;
      if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) return replace_plainly();
      break;
    }
    fail(target_, "cannot be replaced", errno, "allow yourself to write there");
  }

  /// Puts back what was there. Whether it could.
  bool undo() {
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

  const fs::path& target() const { return target_; }

 private:
  enum class Done { kNothing, kExchanged, kAdded, kKeptOld };
  void done(Done done) { done_ = done; }

  bool rename_to_target(unsigned how) {
    return ::renameat2(AT_FDCWD, new_.c_str(), AT_FDCWD, target_.c_str(), how) == 0;
  }

  /// For file systems such as NFS, that know only the plain rename. Here the place may be empty for
  /// a moment, if they know no hard links either.
  void replace_plainly() {
    const bool linked = ::link(target_.c_str(), old_.c_str()) == 0;
    const bool kept = linked || ::rename(target_.c_str(), old_.c_str()) == 0;
    if (!kept && errno != ENOENT) fail(target_, "cannot be kept", errno, "see that there is room");
    if (::rename(new_.c_str(), target_.c_str()) == 0) {
      return done(kept ? Done::kKeptOld : Done::kAdded);
    }
    const int error = errno;
    if (kept && !linked) ::rename(old_.c_str(), target_.c_str());
    fail(target_, "cannot be replaced", error, "allow yourself to write there");
  }

  void copy(const fs::path& path, const Check& check) {
    // Not to hang on a FIFO that took the file's place.
    const Descriptor from(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    struct stat before, after;
    if (!from || ::fstat(from.get(), &before) != 0) {
      fail(path, "cannot be read", errno, "allow yourself to read it");
    }
    // Closed before it is renamed: else its being closed would look like another change.
    const Descriptor to(::open(new_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!to) fail(target_, "cannot be written", errno, "allow yourself to write there");
    copy_contents(from.get(), to.get(), path, check);
    // The container's user must be able to read it, whatever the umask.
    const std::array<timespec, 2> times{time(), time()};
    if (::fchmod(to.get(), (before.st_mode & S_IXUSR) != 0 ? 0755 : 0644) != 0 ||
        ::futimens(to.get(), times.data()) != 0) {
      fail(target_, "cannot be written", errno, "see that the file system is sound");
    }
    if (::fstat(from.get(), &after) != 0 || identity_of(before) != identity_of(after)) {
      throw std::runtime_error(path.native() +
                               ": changed while it was copied; drop it when it is whole");
    }
  }

  void copy_contents(int from, int to, const fs::path& path, const Check& check) {
    std::vector<char> buffer(std::size_t{1} << 20);
    for (;;) {
      check();
      const ssize_t size = ::read(from, buffer.data(), buffer.size());
      if (size < 0) fail(path, "cannot be read", errno, "see that it is sound");
      if (size == 0) return;
      for (ssize_t written = 0; written < size;) {
        const ssize_t more =
            ::write(to, buffer.data() + written, static_cast<std::size_t>(size - written));
        if (more < 0) fail(target_, "cannot be written", errno, "see that there is room");
        written += more;
      }
    }
  }

  timespec time() const {
    return {.tv_sec = time_ / 1'000'000'000, .tv_nsec = time_ % 1'000'000'000};
  }

  const fs::path target_;
  const std::int64_t time_;
  const Hidden new_, old_;  // when exchanged, the old file bears the new one's name
  Done done_ = Done::kNothing;
};

/// One drop at a time renames, else two of the same modules could leave some of each.
Descriptor wait_for_turn(const fs::path& apps, const Check& check) {
  Descriptor turn(::open(apps.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto latest = std::chrono::steady_clock::now() + kLongestTurn;
  // Where folders cannot be locked, as on NFS, it has to go without.
  while (turn && ::flock(turn.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    check();
    if (std::chrono::steady_clock::now() > latest) {
      throw std::runtime_error(apps.native() +
                               ": another shoal drop has been at it for a minute; end it");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return turn;
}

void replace_all(std::deque<Replacement>& replacements) {
  auto at = replacements.begin();
  try {
    for (; at != replacements.end(); ++at) at->replace();
  } catch (const std::runtime_error& error) {
    std::string text = error.what();
    while (at != replacements.begin()) {
      if ((--at)->undo()) continue;
      text += "; " + at->target().native() + ": cannot be put back; drop it again; else";
    }
    throw std::runtime_error(text);
  }
}

/// One drop, a straight line.
void drop_or_throw(const std::vector<Drop>& drops, const fs::path& given, const Check& check) {
  const fs::path apps = fs::canonical(given);  // the same to the end, should a link be turned
  std::set<fs::path> folders;
  for (const auto& each : drops) folders.insert((apps / place_of(each.module)).parent_path());
  for (const auto& folder : folders) remove_dead_drops(apps, folder);

  Descriptor turn;
  Marker marker(apps);
  NewFolders new_folders;
  std::deque<Replacement> replacements;  // destroyed from the bottom up; the marker is lifted then
  for (const auto& folder : folders) new_folders.make(folder);
  for (const auto& each : drops) {
    check();
    replacements.emplace_back(each, apps / place_of(each.module), marker, check);
  }
  turn = wait_for_turn(apps, check);
  check();
  marker.raise();
  replace_all(replacements);
  new_folders.keep();
}

}  // namespace

void drop(const std::vector<Drop>& drops, const fs::path& apps,
          const std::function<bool()>& interrupted) {
  try {
    drop_or_throw(drops, apps, [&interrupted] {
      if (interrupted()) throw std::runtime_error("interrupted");
    });
  } catch (const std::exception& error) {
    throw std::runtime_error(std::string(error.what()) + "; nothing was dropped");
  }
}

}  // namespace shoal::modules
