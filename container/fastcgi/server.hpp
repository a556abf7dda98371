#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <vector>

#include "fastcgi/acceptor.hpp"
#include "fastcgi/connection_store.hpp"
#include "fastcgi/connections.hpp"
#include "fastcgi/event_loop.hpp"
#include "fastcgi/handover.hpp"
#include "fastcgi/housekeeping.hpp"
#include "fastcgi/limits.hpp"
#include "fastcgi/listener.hpp"
#include "fastcgi/monitor.hpp"
#include "fastcgi/responder.hpp"
#include "fastcgi/thread_pool.hpp"
#include "fastcgi/turns.hpp"

namespace shoal::fastcgi {

struct ServerRules {
  Limits limits{};
  unsigned threads = 64;           ///< at most so many requests are served at once
  std::size_t queue = 1'024;       ///< at most so many complete requests wait; beyond it 503
  unsigned processes = 1;          ///< that share the listeners and the processors
  std::filesystem::path folder{};  ///< of bodies that are too large for the memory
};

/// Serves FastCGI: reads requests from all connections, has the responder answer them, and sends
/// the answers.
///
/// There are as many event loops as processors for this process. A thread takes a batch of events,
/// and serves each request that is complete at once. A thread whose handler takes long gives its
/// loop to another one, so no request waits behind a slow handler while a thread is free, and no
/// thread waits for a slow peer: heads and bodies are read, and the rest of an answer is sent, by
/// whichever thread has the loop. Begin with connections.hpp.
///
/// REQUIRES: signals that have handlers are blocked, or their handlers are SA_RESTART.
class Server {
 public:
  /// Serves from now on. Throws std::runtime_error or std::system_error, with the remedy.
  /// REQUIRES: `responder` outlives the server.
  Server(std::vector<Listener> listeners, std::shared_ptr<const Handover> handover,
         ServerRules rules, const Responder& responder);

  /// REQUIRES: finished_within has returned true.
  ~Server();

  // Safe to call from any thread.

  /// Ends soon, and answers what has begun before. The listeners are closed. Connections are closed
  /// as soon as they are idle; those that have just been made after a second: a web server that
  /// gets no answer to the first request of a connection takes us for broken, while it asks again
  /// elsewhere if one that it has kept is closed.
  void stop();

  /// The same for a process in whose place others serve: each connection that no thread serves is
  /// left in the handover, with the bytes that were read of it. REQUIRES: there is a handover.
  void hand_over();

  /// Waits until no connection is open and all threads have ended, at most for this time. Returns
  /// true if so. REQUIRES: `stop` or `hand_over` was called.
  bool finished_within(std::chrono::milliseconds time);

  /// Has a new thread take the place of each one as soon as its request is answered, so that no
  /// thread_local object of a module is left.
  void renew_threads() { pool_.renew(); }

  struct Load {
    std::size_t connections = 0;      ///< open ones, idle ones included
    std::size_t waiting = 0;          ///< complete requests that wait for their turn
    std::uint64_t answers_cut = 0;    ///< since their peers took nothing, or too little
    std::uint64_t accept_pauses = 0;  ///< for want of descriptors or memory

    // When that last happened; the epoch: never.
    std::chrono::system_clock::time_point last_answer_cut{};
    std::chrono::system_clock::time_point last_accept_pause{};
  };

  Load load() const;

 private:
  const ServerRules rules_;
  const std::shared_ptr<const Handover> handover_;
  ConnectionStore store_;  // destroyed after the connections
  std::deque<EventLoop> loops_;
  Acceptor acceptor_;
  Turns turns_;
  Connections connections_;
  Housekeeping housekeeping_;
  ThreadPool pool_;  // its threads end before what they use
  std::unique_ptr<Monitor> monitor_;
};

}  // namespace shoal::fastcgi
