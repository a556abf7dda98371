#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "releases/apps/drop_plan.hpp"

namespace shoal::releases {

/// Is told of a file's copy.
using Copied = std::function<void(const Drop&, const std::filesystem::path& copy)>;

/// Puts all of `drops` into the apps folder as one: no container that serves from it loads some of
/// them without the others. Copies first, then renames while a Marker is up. Throws
/// std::runtime_error, and then everything is as it was, which holds when `interrupted`, asked
/// again and again until the first rename, says true, too.
///
/// Calls `copied`, if given, for each with the copy that will be renamed to its place, before the
/// first rename.
///
/// REQUIRES: signals that end a process are blocked.
void drop(const std::vector<Drop>& drops, const std::filesystem::path& apps,
          const std::function<bool()>& interrupted, const Copied& copied = {});

}  // namespace shoal::releases
