#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace shoal::system {

/// `NAME=value`, added to the test's own environment.
using Environment = std::vector<std::string>;

/// A program that runs beside the test. Used by one thread, the one that starts it: when that ends,
/// be it by a crash or a timeout, the program is sent SIGTERM.
class Process {
 public:
  /// Starts it; both its outputs are appended to the file `output`, and its input is the descriptor
  /// or, if none is given, empty. Throws std::system_error.
  Process(const std::vector<std::string>& command, const std::filesystem::path& output,
          const Environment& environment = {}, std::optional<int> input = {});

  /// Kills what still runs.
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;

  pid_t id() const { return id_; }
  bool runs();
  void send(int signal);

  /// Waits for its end: the exit code, or 128 and the signal that ended it. What has not ended
  /// within three minutes is killed.
  int wait();

 private:
  void note_end(int status);

  pid_t id_;
  std::optional<int> exit_code_;
};

struct Outcome {
  int exit_code = 0;
  std::string output;  ///< standard output and standard error, as they came
};

/// Runs a line of shell to its end.
Outcome run(const std::string& line, const Environment& environment = {});

std::string contents(const std::filesystem::path& file);

}  // namespace shoal::system
