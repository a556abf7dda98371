#pragma once

#include <string>

#include "releases/deployer/group.hpp"

namespace shoal::releases {

/// Returns how far the group is on its way to a verdict, for people: `pond: settling`, `pond/12:
/// trying`, `pond/12: opening in worker 4711`. Begins with the word of Life, as far as that is one
/// for people. Pure.
std::string progress_of(const Group& group);

}  // namespace shoal::releases
