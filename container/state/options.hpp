#pragma once

#include <cstdint>
#include <filesystem>

namespace shoal::state {

/// What a write survives once the member that made it has returned.
enum class Durability {
  kProcess,  ///< the end of the process, kill -9 included; a clean stop makes all of it kMachine
  kMachine,  ///< a power failure, too: each write waits for the disk
};

/// How a store is opened. Plain values.
struct Options {
  std::filesystem::path path;      ///< a folder; made with its parents when it is not there
  std::uint64_t size = 256 << 20;  ///< bytes on disk at most, the room that writing needs included
  Durability durability = Durability::kProcess;
  bool read_only = false;  ///< of a probe: writing throws, a store that is not there is empty
};

}  // namespace shoal::state
