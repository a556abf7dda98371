#pragma once

#include <stdexcept>

namespace shoal::elf {

/// The reason why a file cannot be used: `fact; remedy`. Does not name the file, which this
/// component does not know; the caller writes the path before it.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace shoal::elf
