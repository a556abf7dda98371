#include "releases/apps/drop.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <deque>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/descriptor.hpp"
#include "base/failure.hpp"
#include "base/file_lock.hpp"
#include "releases/apps/marker.hpp"
#include "releases/apps/replacement.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;
using base::Descriptor;
using Check = Replacement::Check;  // throws when there is no sense in going on

constexpr std::chrono::minutes kLongestTurn{1};

/// A drop failed, and not every file could be put back.
class NotUndone : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
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
      base::fail({.thing = folder.native(),
                  .fact = "cannot be made",
                  .error = errno,
                  .remedy = "free disk space, and check that the user running shoal may write "
                            "there"});
    }
    made_.push_back(folder);
    ::chmod(folder.c_str(), 0755);  // whatever the umask: the container is another user
  }
  void keep() { made_.clear(); }

 private:
  std::vector<fs::path> made_;
};

/// One drop at a time renames, else two of the same modules could leave some of each.
Descriptor wait_for_turn(const fs::path& apps, const Check& check) {
  Descriptor turn(::open(apps.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto latest = std::chrono::steady_clock::now() + kLongestTurn;
  // Where folders cannot be locked, as on NFS, it has to go without.
  while (turn && ::flock(turn.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    check();
    if (std::chrono::steady_clock::now() > latest) {
      throw std::runtime_error(apps.native() + ": " + base::holder_of_lock(turn.get()) +
                               " has held its lock for a minute, as a shoal drop does while it "
                               "renames files; end that process");
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
    std::string text;
    while (at != replacements.begin()) {
      if ((--at)->undo()) continue;
      text += "; " + at->target().native() + ": cannot be put back; drop it again";
    }
    if (text.empty()) throw;
    throw NotUndone(error.what() + text);
  }
}

/// One drop, a straight line.
void drop_or_throw(const std::vector<Drop>& drops, const fs::path& given, const Check& check,
                   const Copied& copied) {
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
    replacements.emplace_back(each.from, apps / place_of(each.module), marker, check);
    if (copied) copied(each, replacements.back().new_file());
  }
  turn = wait_for_turn(apps, check);
  check();
  marker.raise();
  replace_all(replacements);
  new_folders.keep();
}

}  // namespace

void drop(const std::vector<Drop>& drops, const fs::path& apps,
          const std::function<bool()>& interrupted, const Copied& copied) {
  try {
    drop_or_throw(
        drops, apps,
        [&interrupted] {
          if (interrupted()) throw std::runtime_error("interrupted");
        },
        copied);
  } catch (const NotUndone& error) {
    throw std::runtime_error(std::string(error.what()) + "; nothing else was dropped");
  } catch (const std::exception& error) {
    throw std::runtime_error(std::string(error.what()) + "; nothing was dropped");
  }
}

}  // namespace shoal::releases
