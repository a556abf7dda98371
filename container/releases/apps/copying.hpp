#pragma once

#include <sys/types.h>

#include <functional>

namespace shoal::releases {

/// Bytes [begin, end) of a file; nothing when both are the same.
struct Extent {
  off_t begin = 0;
  off_t end = 0;
};

/// The first bytes of an open file at or after `at` that are no hole; at its `size` when there is
/// nothing but holes. Where the file system does not tell, all is data.
Extent next_data(int file, off_t at, off_t size);

/// Copies all of one open file into another, empty one: a clone where the file system can, else by
/// the kernel, else by hand; holes stay holes. `check` is called between parts, and may throw.
/// False, with errno, when it fails.
bool copy_contents(int from, int to, const std::function<void()>& check = {});

}  // namespace shoal::releases
