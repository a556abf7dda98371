#pragma once

#include <chrono>
#include <iosfwd>
#include <string>

namespace shoal::commands {

/// Tells a person at a terminal what a command waits for: one line that is written again and again,
/// from half a second on, and removed at the end. Writes nothing to what is not a terminal. Used by
/// one thread.
class ProgressLine {
 public:
  using Clock = std::chrono::steady_clock;

  /// REQUIRES: `out` outlives this object.
  ProgressLine(std::ostream& out, bool is_terminal, std::string text)
      : out_(out), is_terminal_(is_terminal), text_(std::move(text)) {}
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// Sets what is waited for, as the container tells it.
  void say(const std::string& text, Clock::time_point now = Clock::now());

  /// Writes the line, with the time since the beginning. Call it about every 100 ms.
  void show(Clock::time_point now = Clock::now());

  /// Removes the line.
  void clear();

 private:
  std::ostream& out_;
  const bool is_terminal_;
  std::string text_;
  const Clock::time_point since_ = Clock::now();
  bool shown_ = false;
};

}  // namespace shoal::commands
