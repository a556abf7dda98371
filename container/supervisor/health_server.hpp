#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "fastcgi/listener.hpp"

namespace shoal::supervisor {

/// True if the container should get requests; `line` says so, or why not.
struct Readiness {
  bool ready = false;
  std::string line{};
};

/// Answers health checks over HTTP: `/live` and `/ready`. No call waits for a client. Each
/// connection gets one answer and is closed after `patience`. If there are too many connections,
/// the oldest is closed. Used by one thread.
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

  struct Connection {
    base::Descriptor socket;
    Clock::time_point until;  // then the connection is closed
    std::string arrived{};    // of the request, until it is answered
    bool answered = false;    // further bytes are discarded
    std::size_t discarded = 0;
  };

  void accept(const fastcgi::Listener& listener);
  static bool read(Connection& connection, const AskReadiness& ask);

  const std::chrono::milliseconds patience_;
  std::list<Connection> connections_;  // the oldest first
  Clock::time_point accept_not_before_{};
  std::string problem_;  // why accepting failed last time, as it was logged; empty: it did not
};

}  // namespace shoal::supervisor
