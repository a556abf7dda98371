#pragma once

namespace shoal::modules {

/// Copies all of one open file into another, empty one: a clone where the file system can, else by
/// the kernel, else by hand. False, with errno, when it fails.
bool copy_contents(int from, int to);

}  // namespace shoal::modules
