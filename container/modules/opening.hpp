#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "modules/order.hpp"
#include "modules/stage.hpp"

namespace shoal::modules {

/// One module that is opened for its own sake: a handler, or a library that no handler needs.
struct Root {
  std::string module;
  std::filesystem::path file;  ///< its copy in the stage
  /// Opens the bases around the module, and then the module, in one scope of symbols: so an inline
  /// static of a base's header is one object for all. Empty when it is linked to nothing of its
  /// group.
  std::filesystem::path stub;
  bool handler = false;
};

/// An outside library, and who asks for it first.
struct Wanted {
  Outside library;
  std::string asking;  ///< module
  std::string remedy;  ///< should it not be found
};

/// Everything there is to know for opening a stage: the probe and the container do it alike.
struct Opening {
  std::vector<Wanted> outside;  ///< opened first, and kept for as long as the process lives
  std::vector<Root> roots;      ///< in the order of opening
};

/// What prepare() made, and what it saw on the way.
struct Prepared {
  Opening opening;
  Facts facts;
};

/// Makes a stage ready: verifies each copy, writes names of this generation's own into it, and adds
/// the stubs. Throws LoadError.
Prepared prepare(const Stage& stage, const Order& order);

}  // namespace shoal::modules
