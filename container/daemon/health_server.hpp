#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "fastcgi/listener.hpp"

namespace shoal::daemon {

/// Whether the container should get requests, and one line that says so or why not.
struct Readiness {
  bool ready = false;
  std::string line{};
};

/// Answers health checks over HTTP: `/live` and `/ready`. For a process with one thread: no call
/// waits for a peer. Each connection gets one answer and `patience` in all; of too many connections
/// the oldest is closed.
class HealthServer {
 public:
  using AskReadiness = std::function<Readiness()>;

  explicit HealthServer(std::chrono::milliseconds patience = std::chrono::seconds(5))
      : patience_(patience) {}

  /// The descriptors to wait for, to be readable. `listener` may be null: then no health check is
  /// configured.
  std::vector<int> descriptors(const fastcgi::Listener* listener) const;

  /// The latest time at which `serve` has something to do.
  std::chrono::steady_clock::time_point deadline() const;

  /// Accepts connections, reads what has arrived, and answers what is complete.
  void serve(const fastcgi::Listener* listener, const AskReadiness& ask);

 private:
  using Clock = std::chrono::steady_clock;

  struct Caller {
    base::Descriptor socket;
    Clock::time_point until;  // then the connection is closed
    std::string arrived{};    // until it is answered
    bool answered = false;    // what arrives now is thrown away
    std::size_t thrown_away = 0;
  };

  void accept(const fastcgi::Listener& listener);
  static bool read(Caller& caller, const AskReadiness& ask);

  const std::chrono::milliseconds patience_;
  std::list<Caller> callers_;  // the oldest first
  Clock::time_point accept_not_before_{};
  std::string
      trouble_;  // why the last attempt to accept failed, as it was logged; empty: it did not
};

}  // namespace shoal::daemon
