#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "fastcgi/event_loop.hpp"
#include "fastcgi/handover.hpp"
#include "fastcgi/listener.hpp"

namespace shoal::fastcgi {

/// Takes new connections: from the listeners, and from processes that hand theirs over. One event
/// loop watches them. Each process is told of each new connection, since a process that alone was
/// told of it may be about to end, or out of descriptors, while others are free.
///
/// Used by the thread that has the loop, where nothing else is said.
class Acceptor {
 public:
  using Clock = EventLoop::Clock;

  /// REQUIRES: `loop` outlives the acceptor. A null handover: there is none.
  Acceptor(std::vector<Listener> listeners, std::shared_ptr<const Handover> handover,
           EventLoop& loop);

  /// Returns true if an event with this meaning is for the acceptor.
  static bool is_for(std::uint64_t meaning);

  /// Returns the next connection that the event tells of, with the bytes that another process has
  /// read of it. Returns nullopt if there is none, if connections are left to other processes at
  /// this moment, and without descriptors: then accepting pauses.
  std::optional<Handover::Left> accept(std::uint64_t meaning);

  /// Goes on after a pause that is over, and closes the listeners after `stop`. With `defers`, all
  /// threads of this process are busy while others may be free: a new connection is left to them
  /// for 5 ms. Returns when it wants to be called again.
  Clock::time_point look_after(bool defers);

  /// Has the listeners closed soon: no connection is accepted or taken over from then on. Safe to
  /// call from any thread.
  void stop();

  /// Returns true once they are closed. Safe to call from any thread, as are the next ones.
  bool stopped() const { return stopped_; }

  /// How often accepting has paused for want of descriptors or memory, and when it last did: the
  /// epoch if never.
  std::uint64_t pauses() const { return pauses_; }
  std::chrono::system_clock::time_point last_pause() const { return last_pause_; }

 private:
  bool paused() const { return paused_until_ != Clock::time_point::max(); }
  void watch();
  void unwatch();
  void pause(std::chrono::milliseconds time);

  const std::shared_ptr<const Handover> handover_;
  EventLoop& loop_;
  std::vector<Listener> listeners_;
  Clock::time_point paused_until_ = Clock::time_point::max();  // max: accepting is not paused
  bool defers_ = false;
  bool deferred_ = false;  // the other processes have had their time
  std::atomic<bool> stops_{false};
  std::atomic<bool> stopped_{false};
  std::atomic<std::uint64_t> pauses_{0};
  std::atomic<std::chrono::system_clock::time_point> last_pause_{};
};

}  // namespace shoal::fastcgi
