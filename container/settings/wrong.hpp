#pragma once

#include <stdexcept>

namespace shoal::settings {

/// What is wrong with one value, as "what; remedy". Thrown by whatever reads a value; caught where
/// the value's file, line and key are known, and reading goes on with the next value.
class Wrong : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace shoal::settings
