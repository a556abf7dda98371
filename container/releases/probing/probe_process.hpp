#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"
#include "releases/probing/probe_wire.hpp"

namespace shoal::releases {

/// What the process of a trial left behind.
struct Remains {
  std::string report{};  ///< see probe_wire.hpp
  std::string output{};  ///< the last of what it wrote to stdout and stderr

  /// As waitpid(2) has it. If a module ended the process of the probe, it is the status of that.
  int status = 0;
  unsigned processor = 0;  ///< seconds of processor time
  bool late = false;       ///< it was not done in time
  bool cancelled = false;  ///< it was killed because the rules said so
};

/// How long a trial may run, and what is told meanwhile.
struct ProbeRules {
  std::chrono::milliseconds limit{1'000 * wire::kMostSeconds};

  /// The same, when a generation that used up its time beside its predecessor is tried again alone:
  /// `shoal drop` waits 30 s for both.
  std::chrono::milliseconds limit_again{5'000};

  /// A descriptor: once it is readable, the processes are killed. -1: the trial is not cancelled.
  int cancel = -1;

  /// Called on the thread that waits for the trial, once, if it runs for longer than `slow_after`.
  std::function<void()> on_slow{};
  std::chrono::milliseconds slow_after{200};
};

/// The process of the probe, which starts the process of each trial. It is started by the first
/// trial and stays, since starting a program takes longer than all that a trial does; fork(2) in a
/// small process with one thread is cheap and safe. Should it end, the next trial starts another
/// one. Used by one thread; should that thread end, the process is killed.
class ProbeProcess {
 public:
  /// `command` runs generations::probe_main. Starts nothing.
  explicit ProbeProcess(std::vector<std::string> command) : command_(std::move(command)) {}

  /// Kills it.
  ~ProbeProcess();
  ProbeProcess(const ProbeProcess&) = delete;
  ProbeProcess& operator=(const ProbeProcess&) = delete;

  /// Hands the request to a new process, and waits for the end of that, which must come within the
  /// limit. Then nothing of its process group is left. The time begins anew when the report says
  /// that the current generation was opened; time in which a debugger is attached does not count.
  ///
  /// Returns nullopt if the process of the probe ended before the trial began, or did not begin it
  /// in time. Throws Unavailable when no process can be had.
  std::optional<Remains> run(const std::string& request, const ProbeRules& rules);

 private:
  void start();
  bool order(const std::string& request, int report, int output) const;
  bool hear_begin();
  void hear_end(Remains& remains);
  bool is_debugged() const;
  int end();

  const std::vector<std::string> command_;
  base::Descriptor socket_;
  pid_t id_ = 0;     // 0: it does not run
  pid_t trial_ = 0;  // the process of the trial, and its process group; 0: none runs
};

}  // namespace shoal::releases
