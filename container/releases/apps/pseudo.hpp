#pragma once

#include <filesystem>

namespace shoal::releases {

/// The name of the pseudo file system that `folder` lies on, such as `proc`: the kernel makes its
/// files up, there may be any number of them, and none is a module. Null for a file system that
/// holds files, on a disk, in memory or on another machine.
const char* pseudo_file_system(const std::filesystem::path& folder);

}  // namespace shoal::releases
