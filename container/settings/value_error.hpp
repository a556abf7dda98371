#pragma once

#include <stdexcept>

namespace shoal::settings {

/// An error of one value, as "FACT; REMEDY". Code that reads a value throws it. It is caught where
/// the value's file, line and key are known, and reading continues with the next value.
class ValueError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace shoal::settings
