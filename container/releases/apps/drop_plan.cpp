#include "releases/apps/drop_plan.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>

#include "releases/apps/name.hpp"
#include "releases/apps/scan.hpp"
#include "releases/linking/faults.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMayRead = "check that the user running shoal may read it";
constexpr const char* kNameApps = "name the apps folder with --apps";

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
    struct stat status {};
    const bool there = ::stat(path.c_str(), &status) == 0;
    if (there && S_ISDIR(status.st_mode)) return meet_folder(path);
    if (!there || !S_ISREG(status.st_mode)) return check_file(path);
    if (const auto module = name_for(path)) meet_file(path, *module);
  }

  std::optional<std::string> name_for(const fs::path& path) {
    std::string name = request_.as.value_or(path.stem().native());
    const bool says_where = request_.as || path.extension() == ".so";
    auto fault = fault_of_name(says_where ? place_of(name) : path);
    // Through a path, which takes two dots for one.
    if (!fault && name_of(place_of(name)) != name) fault = fault_of_name("");
    if (!fault) return name;
    fault->thing = request_.as ? "--as " + name : path.native();
    if (name.size() <= kLongestName) {
      fault->remedy += request_.as ? ", as in aquarium.screen.home"
                                   : ", as in aquarium.screen.home.so, or name it with --as";
    }
    wrong(*fault);
    return std::nullopt;
  }

  void meet_folder(const fs::path& folder) {
    const fs::path shown = folder.has_filename() ? folder : folder.parent_path();
    const fs::path root = fs::absolute(shown);
    const Scan found = scan(root, [](const auto&) {});
    if (found.lost) {
      return wrong({.thing = folder.native(),
                    .fact = "cannot be read",
                    .error = found.lost.value(),
                    .remedy = kMayRead});
    }
    errors_.insert(errors_.end(), found.problems.begin(), found.problems.end());
    if (found.files.empty() && found.problems.empty()) {
      wrong({.thing = folder.native(),
             .fact = "holds no *.so file",
             .remedy = "build the modules, or correct the path"});
    }
    for (const auto& [module, file] : found.files) {
      meet_file(shown / file.path.lexically_relative(root), module);
    }
  }

  void meet_file(const fs::path& file, const std::string& module) {
    const auto [known, fresh] = from_.emplace(module, file);
    if (!fresh) {
      return wrong(
          {.thing = file.native(),
           .fact = "becomes the module " + module + ", and so does " + known->second.native(),
           .remedy = "drop only one of them"});
    }
    check_file(file);
  }

  /// The names and groups of the running container are not known here.
  void check_file(const fs::path& file) {
    for (const auto& fault : check_files({.files = {{"", File{file, {}}}}}).faults) {
      wrong(fault.reason);
    }
  }

  void check_apps() {
    struct stat status;
    const fs::path& apps = request_.apps;
    if (::stat(apps.c_str(), &status) != 0) {
      return wrong(
          {.thing = apps.native(), .fact = "cannot be used", .error = errno, .remedy = kNameApps});
    }
    if (!S_ISDIR(status.st_mode)) {
      return wrong({.thing = apps.native(), .fact = "not a folder", .remedy = kNameApps});
    }
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
        return wrong({.thing = at.native(),
                      .fact = "not a folder, so " + target.native() + " cannot be put into it",
                      .remedy = "move it away"});
      }
      check_writable(at);
    }
    at /= target.filename();
    if (fs::is_directory(fs::symlink_status(at))) {
      wrong({.thing = at.native(),
             .fact = "a folder where a module has to go",
             .remedy = "move it away"});
    }
  }

  void check_writable(const fs::path& folder) {
    if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return;
    wrong({.thing = folder.native(),
           .fact = "cannot be written",
           .error = errno,
           .remedy = "check that the user running shoal may write there"});
  }

  void wrong(const base::Failure& failure) {
    std::string line = failure.text();
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

}  // namespace shoal::releases
