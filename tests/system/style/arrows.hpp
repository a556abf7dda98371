#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace shoal::system {

/// Every #include below `container` and `apps` of the repository that points the wrong way, as
/// `container/modules/stage.hpp:7: modules may not include "fastcgi/poller.hpp"`:
///
///   sdk < elf < modules, sdk < {settings, fastcgi, modules, state} < serving < daemon
///
/// settings, fastcgi, modules and state do not know one another, libfcgi is included in fastcgi,
/// LMDB in state and libdw in symbolize alone, and authors' modules include of Shoal what they are
/// offered: no host side.
std::vector<std::string> arrows_that_point_up(const std::filesystem::path& repository);

}  // namespace shoal::system
