#pragma once

#include <stdexcept>

namespace shoal::elf {

/// Why a file cannot be used: `fact; remedy`. Names no file: whoever knows its name puts it before.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace shoal::elf
