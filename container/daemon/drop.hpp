#pragma once

#include <optional>
#include <string>
#include <vector>

namespace shoal::daemon {

/// The words of `shoal drop PATH... --apps DIR [--as dotted.name]`.
struct DropWords {
  std::vector<std::string> paths;
  std::string apps;
  std::string as;  ///< empty: not said
};

/// `shoal drop`: puts all of it into the apps folder as one, and prints a line for each module.
/// Returns 0; 1, with an error line for each fault, when nothing was dropped; 2 when the words make
/// no sense. A signal that comes in the middle ends the process when all is done or undone.
///
/// REQUIRES: no other thread runs.
int drop(const DropWords& words);

}  // namespace shoal::daemon
