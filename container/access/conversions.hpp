#pragma once

#include <string_view>
#include <vector>

#include "access/format.hpp"

namespace shoal::access {

/// A letter after a percent sign, and what it appends to a line.
struct Conversion {
  /// What may be in braces before the letter.
  enum class Braces {
    kNone,
    kUnit,  ///< optional: the unit of one of `ways`; the default is the first
    kName,  ///< required: the name of a variable or header
    kTime   ///< optional: a format of strftime
  };
  struct Way {
    std::string_view unit;
    decltype(Part::append) append;
  };

  char letter;
  Braces braces;
  std::vector<Way> ways;  ///< exactly one unless `braces` is kUnit
};

/// Returns all conversions, in the order of conf/README.md. Safe to call from any thread.
const std::vector<Conversion>& conversions();

}  // namespace shoal::access
