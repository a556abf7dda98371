#include "modules/scan.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "modules/marker.hpp"
#include "modules/name.hpp"

namespace shoal::modules {
namespace {

namespace fs = std::filesystem;
using Inode = std::pair<dev_t, ino_t>;

constexpr const char* kNoName = "no module name; use letters, digits, _ and - only";

constexpr int kMostLinks = 40;  // the kernel's own bound, path_resolution(7)

void note_place(const fs::path& folder, const fs::path& name, Scan& scan) {
  scan.places.insert({folder, name.native()});
  for (fs::path above = folder; above.has_relative_path() && scan.above.insert(above).second;) {
    above = above.parent_path();
  }
}

/// Notes what decides where `path` leads: every symbolic link on the way, and the entry at its end
/// or the first that is not there.
void note_way(const fs::path& path, Scan& scan, int budget = kMostLinks) {
  fs::path here = path.root_path();  // without links: `..` is its parent
  for (auto part = path.begin(); part != path.end(); ++part) {
    if (part->empty() || *part == "." || *part == path.root_path()) continue;
    const fs::path folder = std::exchange(here, *part == ".." ? here.parent_path() : here / *part);
    if (*part == "..") continue;
    std::error_code none;
    const fs::file_type type = fs::symlink_status(here, none).type();
    if (type == fs::file_type::symlink && budget > 0) {
      note_place(folder, *part, scan);
      fs::path target = folder / fs::read_symlink(here, none);
      for (auto rest = std::next(part); rest != path.end(); ++rest) target /= *rest;
      return note_way(target, scan, budget - 1);
    }
    if (type == fs::file_type::not_found) return note_place(folder, *part, scan);
  }
  if (here.has_filename()) note_place(here.parent_path(), here.filename(), scan);
}

class Walk {
 public:
  Walk(const fs::path& apps, const std::function<void(const fs::path&)>& entering)
      : apps_(apps), entering_(entering) {}

  Scan run() {
    note_way(apps_, result_);
    result_.lost = enter(apps_);
    return std::move(result_);
  }

 private:
  /// Why the folder could not be read to its end, if so.
  std::error_code enter(const fs::path& folder) {
    struct stat status;
    if (::stat(folder.c_str(), &status) != 0) return {errno, std::system_category()};
    const Inode inode{status.st_dev, status.st_ino};
    if (std::ranges::count(above_, inode) != 0) {
      result_.problems.push_back(folder.native() + ": leads back into itself; passed over");
      return {};
    }
    entering_(folder);
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    above_.push_back(inode);
    while (!error && entry != fs::directory_iterator()) {
      meet(folder / entry->path().filename());
      entry.increment(error);
    }
    above_.pop_back();
    if (error) note_starvation(error.value());
    return error;
  }

  void meet(const fs::path& path) {
    struct stat status;
    if (::lstat(path.c_str(), &status) != 0) return meet_unreadable(path, errno);
    if (S_ISLNK(status.st_mode)) {
      result_.links.insert(path);
      note_way(path, result_);
      if (::stat(path.c_str(), &status) != 0) {
        if (errno == EACCES) return meet_unreadable(path, errno);
        if (path.extension() == ".so") pass_over(path, "a link to nothing");
        return;
      }
    }
    if (S_ISDIR(status.st_mode)) {
      if (path.extension() == ".so") return pass_over(path, "a folder, not a module");
      const std::string segment = path.filename().native();
      if (segment.starts_with('.')) return;
      if (!is_name_segment(segment)) return pass_over(path, kNoName);
      if (const std::error_code error = enter(path)) meet_unreadable(path, error.value());
      return;
    }
    if (path.extension() == ".so") return meet_module(path, status);
    if (path.parent_path() == apps_ && is_marker(path.filename().native())) {
      result_.markers.insert(path);
    }
  }

  void note_starvation(int error) {
    result_.starved |= error == EMFILE || error == ENFILE || error == ENOMEM;
  }

  void meet_unreadable(const fs::path& path, int error) {
    if (error == ENOENT) return;  // gone meanwhile: its event is on the way
    note_starvation(error);
    result_.unread.push_back(path);
    result_.problems.push_back(path.native() + ": cannot be read (" + std::strerror(error) +
                               "); allow the container's user to read and enter its folder");
  }

  void meet_module(const fs::path& path, const struct stat& status) {
    if (!S_ISREG(status.st_mode)) return pass_over(path, "not a regular file");
    const auto name = name_of(path.lexically_relative(apps_));
    if (!name) {
      if (path.filename().native().starts_with('.')) return;  // the temporary file of some tool
      return pass_over(path, kNoName);
    }
    if (status.st_nlink > 1) result_.shared.push_back(path);
    result_.files.emplace(*name, File{path, identity_of(status)});
  }

  void pass_over(const fs::path& path, const char* why) {
    result_.problems.push_back(path.native() + ": passed over: " + why);
    result_.unread.push_back(path);  // no removal: who serves from there goes on
  }

  const fs::path& apps_;
  const std::function<void(const fs::path&)>& entering_;
  Scan result_;
  std::vector<Inode> above_;  // the folders we are in, to notice a link that leads back
};

}  // namespace

Scan scan(const fs::path& apps, const std::function<void(const fs::path&)>& entering) {
  return Walk(apps, entering).run();
}

}  // namespace shoal::modules
