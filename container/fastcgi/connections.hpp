#pragma once

#include <functional>
#include <memory>

#include "fastcgi/acceptor.hpp"
#include "fastcgi/connection_store.hpp"
#include "fastcgi/event_loop.hpp"
#include "fastcgi/exchange.hpp"
#include "fastcgi/limits.hpp"
#include "fastcgi/responder.hpp"
#include "fastcgi/turns.hpp"

namespace shoal::fastcgi {

class ServingThread;

/// What happens to a connection from its acceptance to its end: a line of small steps.
///
///     accept ─ read ─ head complete: plan ─ body complete ─ its turn: serve ─ answer sent ─ idle ─
///     read
///
/// The thread that has an event loop handles its events here. With a null `thread` it is the
/// monitor thread, which serves no request. After each of these functions the thread may have lost
/// the loop: see ServingThread. Safe to use from many threads, each with loops and connections of
/// its own.
class Connections {
 public:
  struct Parts {
    const Limits& limits;
    const Responder& responder;
    ConnectionStore& store;
    Turns& turns;
    Acceptor& acceptor;
    std::function<void()> call_thread;  ///< a request waits for a thread
  };

  explicit Connections(const Parts& parts) : parts_(parts) {}

  /// Handles an event of the loop.
  void handle(const epoll_event& event, EventLoop& loop, ServingThread* thread);

  /// Serves a request that has waited for its turn.
  void serve_waiting(std::unique_ptr<Connection> connection, ServingThread& thread);

  /// Has the requests that wait for their turn handed over to another process.
  void hand_over_waiting();

  /// Answers with 408, and closes the connection.
  void refuse_slow_body(Connection& connection);

 private:
  void accept(std::uint64_t meaning, EventLoop& loop, ServingThread* thread);
  void read(Connection& connection, ServingThread* thread);
  void go_on(Connection& connection, ServingThread* thread);
  void note_ended(Connection& connection);
  bool plan(Connection& connection);
  bool take_turn(Connection& connection, ServingThread* thread);
  bool wait_turn(Connection& connection, bool may_run);
  bool serve(Connection& connection, ServingThread& thread);
  bool end_aborted(Connection& connection);
  bool refuse(Connection& connection, const Refusal& refusal);
  bool end_answer(Connection& connection, const Exchange& exchange);
  void go_on_sending(Connection& connection, ServingThread* thread);
  bool next_request(Connection& connection);
  void wait_for_more(Connection& connection);
  bool send_replies(Connection& connection);
  void end_conversation(Connection& connection);
  void discard_input(Connection& connection);

  const Parts parts_;
};

}  // namespace shoal::fastcgi
