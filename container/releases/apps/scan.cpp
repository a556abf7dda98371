#include "releases/apps/scan.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <map>
#include <memory>
#include <utility>

#include "base/failure.hpp"
#include "releases/apps/file_bytes.hpp"
#include "releases/apps/marker.hpp"
#include "releases/apps/name.hpp"
#include "releases/apps/pseudo.hpp"
#include "releases/apps/way.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;
using Inode = std::pair<dev_t, ino_t>;

/// Bounds what is told, and remembered, of a tree of which nothing is meant for us.
constexpr std::size_t kMostProblems = 100;

/// What is on the way to a folder, to notice a link that leads back into one of them.
struct Chain {
  Inode inode;
  std::shared_ptr<const Chain> above;
};

bool holds(const Chain* chain, const Inode& inode) {
  for (; chain != nullptr; chain = chain->above.get()) {
    if (chain->inode == inode) return true;
  }
  return false;
}

struct Close {
  void operator()(DIR* entries) const { ::closedir(entries); }
};

/// A folder, to be read or being read.
struct Visit {
  fs::path folder;
  fs::path origin;  ///< the first link on the way, else the folder of apps that it lies in
  bool linked = false;
  int depth = 0;
  std::shared_ptr<const Chain> above;
};

class Walk {
 public:
  Walk(const fs::path& apps, const std::function<void(const fs::path&)>& entering,
       const std::set<fs::path>& skipped)
      : apps_(apps), entering_(entering), skipped_(skipped) {}

  Scan run() {
    note_way(apps_, result_);
    result_.lost = enter({apps_, apps_, false, 0, nullptr});
    // In turn, so that a large tree takes no place from the others.
    while (!queues_.empty()) {
      for (auto queue = queues_.begin(); queue != queues_.end();) {
        visit_first_of(queue->second);
        queue = queue->second.empty() ? queues_.erase(queue) : std::next(queue);
      }
    }
    for (const auto& [what, most] : left_out_) tell_of_left_out(what, most);
    return std::move(result_);
  }

 private:
  void visit_first_of(std::deque<Visit>& queue) {
    const Visit next = std::move(queue.front());
    queue.pop_front();
    if (entered_ == kMostFolders) {
      leave_out(next.origin, "folders", kMostFolders);
    } else if (const std::error_code error = enter(next)) {
      meet_unreadable(next.folder, error.value());
    }
  }

  /// Why the folder could not be read to its end, if so.
  std::error_code enter(const Visit& visit) {
    const fs::path& folder = visit.folder;
    struct stat status;
    if (::stat(folder.c_str(), &status) != 0) return {errno, std::system_category()};
    const Inode inode{status.st_dev, status.st_ino};
    if (holds(visit.above.get(), inode)) {
      note_problem(folder.native() + ": passed over: leads back into itself");
      return {};
    }
    if (visit.above && visit.above->inode.first != inode.first) {
      if (const char* const type = pseudo_file_system(folder)) {
        result_.unread.push_back(folder);
        note_first(folder.native() + ": passed over: a pseudo file system (" + type +
                   ") holds no modules; link to the folder that has them");
        return {};
      }
    }
    entering_(folder);
    ++entered_;
    here_ = visit;
    here_.above = std::make_shared<const Chain>(Chain{inode, visit.above});
    const int error = read_entries();
    note_starvation(error);
    return {error, std::system_category()};
  }

  int read_entries() {
    const std::unique_ptr<DIR, Close> entries(::opendir(here_.folder.c_str()));
    if (!entries) return errno;
    for (;;) {
      errno = 0;
      const dirent* const entry =
          ::readdir(entries.get());  // NOLINT: a stream of this thread's own
      if (entry == nullptr) return errno;
      meet(entry->d_name, entry->d_type);
    }
  }

  void meet(const std::string& name, unsigned char type) {
    // Of tools that write: the lock of an editor is a link to nothing.
    if (name.starts_with('.')) {
      if (here_.depth == 0 && is_marker(name)) meet_marker(here_.folder / name);
      return;
    }
    // By the type that the folder knows: most that lies in a large tree needs no look of its own.
    const bool is_so = name.ends_with(".so");
    if (!is_so && type == DT_REG) return;
    const fs::path path = here_.folder / name;
    struct stat status;
    if (::lstat(path.c_str(), &status) != 0) return meet_unreadable(path, errno);
    const bool linked = S_ISLNK(status.st_mode);
    if (linked) {
      if (!is_so && !is_name_segment(name)) return meet_useless_link(path);
      if (++links_ > kMostLinks) {
        return leave_out(here_.origin, "links", kMostLinks);
      }
      result_.links.insert(path);
      note_way(path, result_);
      if (::stat(path.c_str(), &status) != 0) {
        if (errno == EACCES) return meet_unreadable(path, errno);
        if (is_so) pass_over(path, broken_link().text());
        return;
      }
    }
    if (S_ISDIR(status.st_mode)) return meet_folder(path, linked);
    if (is_so) meet_module(path, status);
  }

  void meet_marker(const fs::path& path) {
    struct stat status;
    if (::lstat(path.c_str(), &status) != 0) return meet_unreadable(path, errno);
    if (!S_ISDIR(status.st_mode)) result_.markers.insert(path);
  }

  /// No module's path leads through it, whatever it leads to.
  void meet_useless_link(const fs::path& path) {
    std::error_code none;
    if (fs::is_directory(path, none)) pass_over(path, fault_of_name_at(path));
  }

  void meet_folder(const fs::path& path, bool linked) {
    if (path.extension() == ".so") return pass_over(path, "a folder, not a module");
    if (!is_name_segment(path.filename().native())) return pass_over(path, fault_of_name_at(path));
    if (here_.depth == kMostDepth) {
      return pass_over(path, "more than " + std::to_string(kMostDepth) +
                                 " folders deep; move it up, or link to it from further up");
    }
    Visit next{path, here_.origin, here_.linked || linked, here_.depth + 1, here_.above};
    if (linked) {
      next.origin = linked_origin(path);
    } else if (here_.depth == 0) {
      next.origin = path;
    }
    if (skipped_.contains(next.origin)) {
      result_.partly.insert(next.origin);
      return;
    }
    ++folders_of_[next.origin];
    auto& queue = queues_[next.origin];
    if (queue.size() >= kMostFolders) return leave_out(next.origin, "folders", kMostFolders);
    queue.push_back(std::move(next));
  }

  fs::path linked_origin(const fs::path& link) const { return here_.linked ? here_.origin : link; }

  void note_starvation(int error) {
    result_.starved |= error == EMFILE || error == ENFILE || error == ENOMEM;
  }

  void note_problem(std::string problem) {
    auto& problems = result_.problems;
    if (problems.size() < kMostProblems) return problems.push_back(std::move(problem));
    if (problems.size() > kMostProblems) return;
    problems.push_back(apps_.native() + ": more than " + std::to_string(kMostProblems) +
                       " places are passed over; the others are not reported");
  }

  void meet_unreadable(const fs::path& path, int error) {
    if (error == ENOENT) return;  // gone meanwhile: its event is on the way
    note_starvation(error);
    result_.unread.push_back(path);
    note_problem(
        base::Failure{.thing = path.native(),
                      .fact = "cannot be read",
                      .error = error,
                      .remedy = "check that the user running shoal may read and enter its folder"}
            .text());
  }

  void meet_module(const fs::path& path, const struct stat& status) {
    if (!S_ISREG(status.st_mode)) return pass_over(path, not_a_regular_file().text());
    const auto name = name_of(path.lexically_relative(apps_));
    if (!name) return pass_over(path, fault_of_name_at(path));
    if (result_.files.size() == kMostModules) {
      return leave_out(here_.origin, "modules", kMostModules);
    }
    if (status.st_nlink > 1) result_.shared.push_back(path);
    result_.files.emplace(*name, File{path, identity_of(status)});
  }

  std::string fault_of_name_at(const fs::path& path) const {
    return fault_of_name(path.lexically_relative(apps_)).value_or(base::Failure{}).text();
  }

  void pass_over(const fs::path& path, const std::string& why) {
    note_problem(path.native() + ": passed over: " + why);
    result_.unread.push_back(path);  // no removal: who serves from there goes on
  }

  void leave_out(const fs::path& origin, const char* what, std::size_t most) {
    result_.partly.insert(origin);
    left_out_.emplace(what, most);
  }

  /// Names the place that has the most folders: the first one that was left out is another each
  /// time.
  void tell_of_left_out(const std::string& what, std::size_t most) {
    const auto largest =
        std::ranges::max_element(folders_of_, {}, [](const auto& entry) { return entry.second; });
    const bool to_blame = largest != folders_of_.end() && largest->second > entered_ / 2;
    note_first((to_blame ? largest->first : apps_).native() + ": leads to too many " + what +
               ": of those below " + apps_.native() + " the first " + std::to_string(most) +
               " are read, and the others passed over; link to the folder that has the modules, "
               "and move everything else out of the apps folder");
  }

  /// Ahead of the others, which are cut off when there are too many.
  void note_first(std::string problem) {
    result_.problems.insert(result_.problems.begin(), std::move(problem));
  }

  const fs::path& apps_;
  const std::function<void(const fs::path&)>& entering_;
  const std::set<fs::path>& skipped_;
  Scan result_;
  std::map<fs::path, std::deque<Visit>> queues_;  // to be read, by origin
  Visit here_;                                    // what is being read
  std::size_t entered_ = 0;
  std::size_t links_ = 0;
  std::map<fs::path, std::size_t> folders_of_;   // met so far, by origin
  std::map<std::string, std::size_t> left_out_;  // kinds, and the bound of each
};

}  // namespace

Scan scan(const fs::path& apps, const std::function<void(const fs::path&)>& entering,
          const std::set<fs::path>& skipped) {
  return Walk(apps, entering, skipped).run();
}

}  // namespace shoal::releases
