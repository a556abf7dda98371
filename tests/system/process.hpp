#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace shoal::system {

/// `NAME=value`, added to the test's own environment.
using Environment = std::vector<std::string>;

/// A program that runs beside the test. Used by one thread, the one that starts it: when that
/// thread ends, even by a crash or a timeout, the program gets SIGTERM.
class Process {
 public:
  /// Starts the program. Both its outputs are appended to the file `output`. Its standard input is
  /// the descriptor `input`, or empty. Throws std::system_error.
  Process(const std::vector<std::string>& command, const std::filesystem::path& output,
          const Environment& environment = {}, std::optional<int> input = {});

  /// Kills the program if it still runs.
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;

  pid_t id() const { return id_; }
  bool runs();
  void send(int signal);

  /// Waits for the end of the program. Returns its exit code, or 128 plus the signal that ended it.
  /// Kills a program that has not ended within three minutes.
  int wait();

 private:
  void record_end(int status);

  pid_t id_;
  std::optional<int> exit_code_;
};

struct Outcome {
  int exit_code = 0;
  std::string output;  ///< standard output and standard error, in the order in which they came
};

/// Runs a line of shell to its end.
Outcome run(const std::string& line, const Environment& environment = {});

/// Returns what can be read of a file: an empty text if it does not exist.
std::string contents(const std::filesystem::path& file);

/// Replaces `file` with this text. Creates its folder.
void write_file(const std::filesystem::path& file, const std::string& text);

}  // namespace shoal::system
