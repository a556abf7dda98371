#pragma once

#include <exception>
#include <string>
#include <vector>

#include "shoal/host/thrown.hpp"

namespace shoal::serving {

/// What a handler has thrown, as text: it outlives the code of the exception.
struct ThrownException {
  struct Cause {
    std::string type;  ///< `std::out_of_range`
    std::string what;  ///< its text, printable
    host::ThrownAt at;
  };

  std::vector<Cause>
      chain;  ///< the exception, and what was nested in it; the last is the first cause

  /// `std::runtime_error: no such page; caused by std::out_of_range: map::at`
  std::string text() const;
};

/// REQUIRES: the code of the exception is mapped. `thrown` may be null, for one of another
/// language.
ThrownException thrown_exception_of(const std::exception_ptr& thrown);

}  // namespace shoal::serving
