#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "base/inode.hpp"
#include "control/control_socket.hpp"
#include "supervisor/pid_file.hpp"

namespace shoal::supervisor {

/// The run folder while the container uses it: held by its pid file, and made again when it, or a
/// part of it, is removed by hand or by a cleanup tool. Used by one thread.
class RunFolder {
 public:
  /// Takes the folder and makes what all processes need below it. Waits at most `patience` for the
  /// workers of a container that was killed. Throws std::runtime_error, with the remedy.
  RunFolder(const std::filesystem::path& run, std::chrono::milliseconds patience);

  const std::filesystem::path& path() const { return path_; }

  /// Checks once a second whether all parts are there, and makes what is missing, the control
  /// socket included. Logs what was removed, and a problem once. `state` is the folder of the
  /// State: a removed database is reported, since it cannot be made again.
  void check(control::ControlSocket& control, const std::filesystem::path& state);

  /// Returns the time of the next check.
  std::chrono::steady_clock::time_point deadline() const { return next_check_; }

  /// Returns false while the folder cannot be made again. No worker can start then.
  bool usable() const { return problem_.empty(); }

  /// Forgets which database was there: a new configuration may name another one.
  void forget_state() { state_.reset(); }

  /// Returns a descriptor that holds the folder like this object does, for a forked process.
  base::Descriptor hold() const { return pid_file_.share(); }

 private:
  void put_back(control::ControlSocket& control);
  void check_state(const std::filesystem::path& folder);

  const std::filesystem::path path_;
  PidFile pid_file_;
  std::chrono::steady_clock::time_point next_check_{};
  std::string problem_;               // why the folder cannot be made again
  std::optional<base::Inode> state_;  // the database that the workers have open
};

}  // namespace shoal::supervisor
