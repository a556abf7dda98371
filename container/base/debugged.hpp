#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>

namespace shoal::base {

/// Returns true while a debugger (gdb, or another tracer such as strace) is attached to the
/// process. Returns false, too, when /proc cannot be read. Safe to call from any thread, and in a
/// signal handler.
inline bool being_debugged(pid_t process) noexcept {
  constexpr std::string_view kStart = "/proc/", kEnd = "/status", kField = "\nTracerPid:\t";
  const int error = errno;
  std::array<char, 32> path{};
  auto* out = path.data() + kStart.copy(path.data(), kStart.size());
  std::array<char, 12> digits{};
  std::size_t count = 0;
  for (pid_t rest = process; rest > 0; rest /= 10) {
    digits[count++] = static_cast<char>('0' + rest % 10);
  }
  while (count > 0) *out++ = digits[--count];
  kEnd.copy(out, kEnd.size());

  std::array<char, 512> text{};  // the field stands in the first 200 bytes
  const int file = ::open(path.data(), O_RDONLY | O_CLOEXEC);
  const ssize_t size = file < 0 ? -1 : ::read(file, text.data(), text.size());
  if (file >= 0) ::close(file);
  errno = error;
  if (size <= 0) return false;
  const std::string_view status(text.data(), static_cast<std::size_t>(size));
  const auto field = status.find(kField);
  const auto value = field + kField.size();
  return field != std::string_view::npos && value < status.size() && status[value] != '0';
}

/// For a watchdog that checks its process again and again: returns since when the process has run
/// freely. The watchdog measures from then on, so it does not count time in which a debugger was
/// attached or the process was stopped. Used by one thread.
class RunsFreely {
 public:
  using Clock = std::chrono::steady_clock;

  /// Called at each look. Returns the earliest time since which no debugger was attached and no
  /// look came much too late: a debugger that stops the process stops the watchdog, too.
  Clock::time_point since() noexcept { return since(Clock::now(), being_debugged(::getpid())); }

  /// The same, for the time and the process that the caller looked at.
  Clock::time_point since(Clock::time_point now, bool debugged) noexcept {
    if (debugged || now - looked_ > kMuchTooLate) since_ = now;
    looked_ = now;
    return since_;
  }

 private:
  // Watchdogs look once a second, or more often.
  static constexpr std::chrono::seconds kMuchTooLate{5};

  Clock::time_point looked_ = Clock::now();
  Clock::time_point since_{};
};

}  // namespace shoal::base
