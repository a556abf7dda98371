#pragma once

#include <cstdint>
#include <filesystem>

namespace shoal::state {

/// What a write survives once the call that made it has returned.
enum class Durability {
  kProcess,  ///< the end of the process, kill -9 included; after a clean stop a power failure, too
  kMachine,  ///< a power failure, too: each write waits for the disk
};

/// How a store is opened. Plain values.
struct Options {
  std::filesystem::path path;      ///< a folder; created with its parents if it is missing
  std::uint64_t size = 256 << 20;  ///< most bytes on disk, with the space that writing needs
  Durability durability = Durability::kProcess;
  bool read_only = false;  ///< for a probe: writing throws, a missing store counts as empty
};

}  // namespace shoal::state
