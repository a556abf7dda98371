#pragma once

#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "base/descriptor.hpp"

namespace shoal::supervisor {

/// `run/shoal.pid`: the process id of the container that uses the run folder. The file is locked as
/// long as the container, or a process that it has forked, runs. Used by one thread.
class PidFile {
 public:
  /// Makes the run folder if it is absent, and locks the file. Waits at most `patience` for the
  /// workers of a container that was killed: they finish their requests and exit. Throws
  /// std::runtime_error, with the remedy, when another container uses the folder or the file cannot
  /// be written. A full disk is no such reason: the lock holds, and write_again() adds the text.
  PidFile(const std::filesystem::path& run, std::chrono::milliseconds patience);

  /// Removes the file, unless this is a process that was forked meanwhile.
  ~PidFile();

  /// Returns true if the file is still there.
  bool is_in_place() const;

  /// Makes the run folder and the file again. Throws like the constructor.
  void put_back();

  /// Writes the process id if the disk was full before.
  void write_again();

  /// Returns a descriptor that holds the lock, too, for a process that this one forks.
  base::Descriptor share() const;
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

 private:
  void take(std::chrono::milliseconds patience);
  void lock(int file, std::chrono::milliseconds patience) const;
  int write(int file);

  const pid_t owner_ = ::getpid();
  std::filesystem::path path_;
  base::Descriptor file_;
  bool is_written_ = false;
};

}  // namespace shoal::supervisor
