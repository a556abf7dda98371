#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace shoal::releases {

/// What `shoal drop` is told.
struct DropRequest {
  std::vector<std::filesystem::path> paths;  ///< files, and folders laid over the apps folder
  std::filesystem::path apps;
  std::optional<std::string> as;  ///< the name of the file; REQUIRES: one path, and no folder
};

/// One file, and the module it becomes.
struct Drop {
  std::filesystem::path from;
  std::string module;
};

/// All that is wrong with a request, one line each: thing, fact, remedy.
class PlanError : public std::runtime_error {
 public:
  explicit PlanError(std::vector<std::string> lines)
      : std::runtime_error("nothing was dropped"), lines_(std::move(lines)) {}

  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

/// Which file becomes which module, in the order of their names. A folder drops its tree of `*.so`
/// as it lies; the name of a file that is dropped by itself tells where to: `a.b.so` is `a.b`.
/// Checks all that can be known before anything is touched, and throws PlanError.
std::vector<Drop> plan(const DropRequest& request);

/// Where the module's file lies below the apps folder.
std::filesystem::path place_of(const std::string& module);

}  // namespace shoal::releases
