#pragma once

#include <memory>
#include <set>
#include <string>

#include "releases/staging/stage.hpp"
#include "releases/staging/staged.hpp"

namespace shoal::releases {

/// What a generation is to be made of.
struct Members {
  std::string group;
  Files files;                       ///< where they were dropped
  std::shared_ptr<const Apps> apps;  ///< what lies around them
  std::set<std::string> handlers{};  ///< of the generation that serves; a drop must not lose one
};

/// Makes a stage ready: verifies each copy, writes names of this generation's own into it, and adds
/// the stubs. `label` is a short text that no other generation has in any process: the dynamic
/// linker knows but one list of names. Throws LoadError.
///
/// The result has no number and no note yet; the caller knows them.
Staged prepare(const Stage& stage, const Members& members, const std::string& label);

}  // namespace shoal::releases
