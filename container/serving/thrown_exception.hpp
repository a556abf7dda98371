#pragma once

#include <exception>
#include <string>
#include <vector>

#include "shoal/host/thrown.hpp"

namespace shoal::serving {

/// An exception that a handler has thrown, as text: the text stays valid when the code of the
/// exception is unmapped.
struct ThrownException {
  struct Cause {
    std::string type;  ///< `std::out_of_range`
    std::string what;  ///< its text, printable
    host::ThrownAt at;
  };

  /// The exception itself first, then the exceptions that are nested in it (std::nested_exception).
  /// At most eight.
  std::vector<Cause> chain;

  /// Returns `std::runtime_error: no such page; caused by std::out_of_range: map::at`.
  std::string text() const;
};

/// Reads an exception. `thrown` is null for an exception of another language. REQUIRES: the code of
/// the exception is mapped.
ThrownException thrown_exception_of(const std::exception_ptr& thrown);

}  // namespace shoal::serving
