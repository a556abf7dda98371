#pragma once

#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "base/descriptor.hpp"

namespace shoal::daemon {

/// `run/shoal.pid`: the process id of the container that uses the run folder, locked while it or a
/// process that it has forked lives.
class PidFile {
 public:
  /// Makes the run folder if need be. The workers of a container that was killed are waited for, at
  /// most `patience`: they finish what runs and end. Throws std::runtime_error, with the remedy,
  /// when another container uses it or it cannot be written.
  PidFile(const std::filesystem::path& run, std::chrono::milliseconds patience);

  /// Removes the file, unless this is a process that was forked meanwhile.
  ~PidFile();

  /// Returns true if the file is still there.
  bool is_in_place() const;

  /// Makes run folder and file again. Throws like the constructor.
  void put_back();

  /// Holds the folder as this object does; for a process that this one forks.
  base::Descriptor share() const;
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

 private:
  void take(std::chrono::milliseconds patience);
  void lock(int file, std::chrono::milliseconds patience) const;

  const pid_t owner_ = ::getpid();
  std::filesystem::path path_;
  base::Descriptor file_;
};

}  // namespace shoal::daemon
