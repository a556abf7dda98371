#include "modules/drop_plan.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "elf/error.hpp"
#include "modules/file_bytes.hpp"
#include "modules/name.hpp"
#include "modules/scan.hpp"

namespace shoal::modules {
namespace {

namespace fs = std::filesystem;

std::string why(int error) { return std::string(" (") + std::strerror(error) + "); "; }

class Planning {
 public:
  explicit Planning(const DropRequest& request) : request_(request) {}

  std::vector<Drop> run() {
    for (const auto& path : request_.paths) meet(path);
    check_apps();
    if (!errors_.empty()) throw PlanError(errors_);
    std::vector<Drop> drops;
    for (const auto& [module, from] : from_) drops.push_back({from, module});
    return drops;
  }

 private:
  void meet(const fs::path& path) {
    struct stat status;
    if (::stat(path.c_str(), &status) != 0) {
      if (errno == ENOENT) return wrong(path, "does not exist; see that it is built, and the path");
      return wrong(path, "cannot be read" + why(errno) + "allow yourself to read it");
    }
    if (S_ISDIR(status.st_mode)) return meet_folder(path);
    if (!S_ISREG(status.st_mode)) {
      return wrong(path, "not a regular file; name the shared object itself");
    }
    if (const auto module = name_for(path)) meet_file(path, *module);
  }

  std::optional<std::string> name_for(const fs::path& path) {
    const std::string name = request_.as.value_or(path.stem().native());
    const bool says_where = request_.as || path.extension() == ".so";
    if (says_where && is_too_long(place_of(name))) {
      wrong(request_.as ? fs::path("--as") : path, kTooLongName);
      return std::nullopt;
    }
    // Through a path, which takes two dots for one.
    if (says_where && name_of(place_of(name)) == name) return name;
    if (request_.as) {
      wrong("--as " + *request_.as, "no module name; say it like aquarium.screen.home");
    } else {
      wrong(path, "no module name; call it like aquarium.screen.home.so, or name it by --as");
    }
    return std::nullopt;
  }

  void meet_folder(const fs::path& folder) {
    const fs::path shown = folder.has_filename() ? folder : folder.parent_path();
    const fs::path root = fs::absolute(shown);
    const Scan found = scan(root, [](const auto&) {});
    if (found.lost) {
      return wrong(folder,
                   "cannot be read" + why(found.lost.value()) + "allow yourself to read it");
    }
    errors_.insert(errors_.end(), found.problems.begin(), found.problems.end());
    if (found.files.empty() && found.problems.empty()) {
      wrong(folder, "holds no *.so; see that it is built, and the path");
    }
    for (const auto& [module, file] : found.files) {
      meet_file(shown / file.path.lexically_relative(root), module);
    }
  }

  void meet_file(const fs::path& file, const std::string& module) {
    const auto [known, fresh] = from_.emplace(module, file);
    if (!fresh) {
      return wrong(file, "becomes the module " + module + ", and so does " +
                             known->second.native() + "; drop one of them");
    }
    try {
      facts_of(file);
    } catch (const elf::Error& error) {
      errors_.push_back(file.native() + ": " + error.what());
    }
  }

  void check_apps() {
    struct stat status;
    const fs::path& apps = request_.apps;
    if (::stat(apps.c_str(), &status) != 0) {
      return wrong(apps, "cannot be used" + why(errno) + "name the apps folder by --apps");
    }
    if (!S_ISDIR(status.st_mode)) return wrong(apps, "no folder; name the apps folder by --apps");
    check_writable(apps);
    for (const auto& [module, from] : from_) check_target(place_of(module));
  }

  /// Everything from the apps folder to the file that is there must be as a drop needs it.
  void check_target(const fs::path& target) {
    fs::path at = request_.apps;
    for (const auto& part : target.parent_path()) {
      if (!fs::exists(fs::symlink_status(at / part))) return;  // will be made
      at /= part;
      if (!fs::is_directory(at)) {
        return wrong(at, "no folder, so " + target.native() + " has no place; move it away");
      }
      check_writable(at);
    }
    at /= target.filename();
    if (fs::is_directory(fs::symlink_status(at))) {
      wrong(at, "a folder in the place of a module; move it away");
    }
  }

  void check_writable(const fs::path& folder) {
    if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return;
    wrong(folder, "cannot be written" + why(errno) + "allow yourself to write there");
  }

  void wrong(const fs::path& thing, const std::string& fact_and_remedy) {
    std::string line = thing.native() + ": " + fact_and_remedy;
    if (std::ranges::find(errors_, line) == errors_.end()) errors_.push_back(std::move(line));
  }

  const DropRequest& request_;
  std::map<std::string, fs::path> from_;  // by module
  std::vector<std::string> errors_;
};

}  // namespace

std::vector<Drop> plan(const DropRequest& request) { return Planning(request).run(); }

fs::path place_of(const std::string& module) {
  std::string path = module + ".so";
  std::replace(path.begin(), path.end() - 3, '.', '/');
  return path;
}

}  // namespace shoal::modules
