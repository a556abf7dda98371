#pragma once

#include <stdexcept>

namespace shoal::modules {

/// Why a drop cannot be loaded, in the container's own words: file, fact, remedy. Never carries an
/// exception object of a module, whose code may be gone when this is read.
class LoadError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The machine lacks something just now: descriptors, memory, room on the disk. Says nothing
/// against the drop, which is tried again.
class Unavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace shoal::modules
