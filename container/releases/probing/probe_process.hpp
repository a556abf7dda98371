#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "releases/probing/probe_wire.hpp"

namespace shoal::releases {

/// What a probe's process left behind.
struct Remains {
  std::string report;         ///< see probe_wire.hpp
  std::string output;         ///< the last of what it wrote to stdout and stderr
  std::optional<int> status;  ///< as waitpid(2) has it; none when it cannot be learned
  bool late = false;          ///< it was not done in time
  bool cancelled = false;     ///< it was killed because the rules said so
};

/// How long a process of the probe may run, and what is told meanwhile.
struct ProbeRules {
  std::chrono::milliseconds limit{1'000 * wire::kMostSeconds};

  /// The same, when a generation that used up its time beside its predecessor is tried again alone:
  /// `shoal drop` waits 30 s for both.
  std::chrono::milliseconds limit_again{5'000};

  /// A descriptor: once it is readable, the process is killed. -1: it is not cancelled.
  int cancel = -1;

  /// Called on the thread that waits for the process, once, if it runs for longer than
  /// `slow_after`.
  std::function<void()> on_slow{};
  std::chrono::milliseconds slow_after{200};
};

/// One process of the probe. It begins by waiting for its request, so it can be started ahead of
/// time: starting a program takes longer than all that it does here. Used by one thread, the one
/// that makes it; should that thread end, the process is killed.
class ProbeProcess {
 public:
  static constexpr std::chrono::milliseconds kMostTime{1'000 * wire::kMostSeconds};

  /// Throws Unavailable when no process can be had.
  explicit ProbeProcess(const std::vector<std::string>& command);

  /// Kills what is left of it, and what it has started.
  ~ProbeProcess();
  ProbeProcess(const ProbeProcess&) = delete;
  ProbeProcess& operator=(const ProbeProcess&) = delete;

  /// Hands it the request and waits for its end, which must come within the limit. The time begins
  /// anew when the report says that the current generation was opened; time in which a debugger is
  /// attached to the process does not count. Returns nothing when it had ended before.
  std::optional<Remains> run(const std::string& request, const ProbeRules& rules);
  std::optional<Remains> run(const std::string& request,
                             std::chrono::milliseconds limit = kMostTime) {
    return run(request, ProbeRules{.limit = limit});
  }

 private:
  /// What the process writes. Both ends are kept: it cannot end the stream, only itself.
  struct Stream {
    Stream();
    base::Descriptor to_read, to_write;
  };

  void start(const std::vector<std::string>& command, const base::Descriptor& request);
  bool send(const std::string& request) const;
  bool has_ended() const;
  bool is_debugged() const;
  std::optional<int> end();

  Stream report_, output_;
  base::Descriptor request_;
  pid_t id_ = 0;
  // Readable once the process has ended. Empty where the system has no such descriptors; then the
  // process is looked at every 10 ms.
  base::Descriptor ended_;
};

}  // namespace shoal::releases
