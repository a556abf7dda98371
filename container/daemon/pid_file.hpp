#pragma once

#include <filesystem>

#include "shoal/host/descriptor.hpp"

namespace shoal::daemon {

/// `run/shoal.pid`: the process id of the container that uses the run folder, locked while it
/// lives.
class PidFile {
 public:
  /// Makes the run folder if need be. Throws std::runtime_error, with the remedy, when another
  /// container uses it or it cannot be written.
  explicit PidFile(const std::filesystem::path& run);
  ~PidFile();
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

 private:
  std::filesystem::path path_;
  host::Descriptor file_;
};

}  // namespace shoal::daemon
