#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace shoal::system {

/// Every #include below `container` and `apps` of the repository that points the wrong way, as
/// `container/modules/stage.hpp:7: modules may not include "fastcgi/server.hpp"`.
/// container/README.md draws which component may include which. Only fastcgi includes libfcgi, only
/// state LMDB, and only symbolize libdw. Authors' modules include only what the SDK offers them.
std::vector<std::string> arrows_that_point_up(const std::filesystem::path& repository);

}  // namespace shoal::system
