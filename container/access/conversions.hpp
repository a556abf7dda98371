#pragma once

#include <string_view>
#include <vector>

#include "access/format.hpp"

namespace shoal::access {

/// One letter behind a percent sign.
struct Conversion {
  /// What may stand in braces before the letter.
  enum class Braces {
    kNone,
    kUnit,  ///< the name of one of `ways`, which may be left out: then it is the first
    kName,  ///< a name, which must be there
    kTime   ///< a format of strftime, which may be left out
  };
  struct Way {
    std::string_view unit;
    decltype(Part::append) append;
  };

  char letter;
  Braces braces;
  std::vector<Way> ways;  ///< one, unless kUnit
};

/// All there are, in the order of the manual.
const std::vector<Conversion>& conversions();

}  // namespace shoal::access
