#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <system_error>

namespace shoal::base {

/// Maps new memory, which this process shares with all that it forks. It begins with zeros, and
/// what nobody writes to takes no memory. Give it back with munmap(2). Throws std::system_error
/// with `failure`.
inline void* map_shared(std::size_t size, const char* failure) {
  void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), failure);
  return memory;
}

}  // namespace shoal::base
