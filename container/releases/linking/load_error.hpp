#pragma once

#include <cerrno>
#include <stdexcept>
#include <string>
#include <utility>

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

}  // namespace shoal::releases
