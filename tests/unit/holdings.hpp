#pragma once

#include <link.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace shoal::test {

/// What a leak of any kind would add to in this process.
struct Holdings {
  std::size_t objects = 0;      ///< shared objects, as the dynamic linker counts them
  std::size_t mappings = 0;     ///< of files below the run folder
  std::size_t descriptors = 0;  ///< open ones
};

inline Holdings holdings_of(const std::filesystem::path& run) {
  Holdings holdings;
  ::dl_iterate_phdr(
      [](dl_phdr_info*, std::size_t, void* count) {
        ++*static_cast<std::size_t*>(count);
        return 0;
      },
      &holdings.objects);
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    holdings.mappings += line.find(run.native()) != std::string::npos ? 1 : 0;
  }
  holdings.descriptors = static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
  return holdings;
}

}  // namespace shoal::test
