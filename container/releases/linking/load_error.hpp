#pragma once

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/failure.hpp"

namespace shoal::releases {

/// Why a drop cannot be loaded, in the container's own words: file, fact, remedy. Never carries an
/// exception object of a module, whose code may be gone when this is read.
class LoadError : public std::runtime_error {
 public:
  explicit LoadError(const std::string& text, std::string module = {})
      : std::runtime_error(text), module_(std::move(module)) {}

  /// Which module of the group is at fault; empty when it cannot be said of one.
  const std::string& module() const { return module_; }

 private:
  std::string module_;
};

/// The machine lacks something just now: descriptors, memory, room on the disk. Says nothing
/// against the drop, which is tried again.
class Unavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Returns true if `error`, an errno, tells of such a lack.
inline bool is_passing(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOSPC ||
         error == EDQUOT || error == EIO;
}

/// Throws Unavailable for a file or folder below the run folder: `path` `fact`, errno `error`.
[[noreturn]] inline void fail_for_now(const std::filesystem::path& path, const char* fact,
                                      int error) {
  base::fail<Unavailable>({.thing = path.native(),
                           .fact = fact,
                           .error = error,
                           .remedy =
                               "free file descriptors and disk space, and check that the user "
                               "running shoal may write there; will retry"});
}

}  // namespace shoal::releases
