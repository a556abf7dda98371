#pragma once

#include <string>

#include "base/failure.hpp"

namespace shoal::releases {

/// One thing that is wrong with the files of a group.
struct Fault {
  std::string module;    ///< the module at fault; empty: the group as a whole
  base::Failure reason;  ///< thing: the module's file, or the group

  /// Returns `THING: FACT (ERRNO TEXT); REMEDY`.
  std::string text() const { return reason.text(); }
};

}  // namespace shoal::releases
