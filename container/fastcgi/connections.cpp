#include "fastcgi/connections.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "fastcgi/body_rate.hpp"
#include "fastcgi/serving_thread.hpp"

namespace shoal::fastcgi {
namespace {

using Ending = ConnectionStore::Ending;
using Phase = Connection::Phase;
using State = RequestReader::State;

constexpr int kAcceptBatch = 16;

Refusal refusal_of_body(int status) {
  if (status == 413) return {status, "the body is larger than limits.body"};
  return {status, "no space for the body: limits.bodies is used up, or the disk of `run` is full"};
}

}  // namespace

void Connections::handle(const epoll_event& event, EventLoop& loop, ServingThread* thread) {
  const std::uint64_t meaning = event.data.u64;
  if (Acceptor::is_for(meaning)) return accept(meaning, loop, thread);
  if (meaning < EventLoop::kFirstAddress) return;  // only woken
  Connection& connection = *reinterpret_cast<Connection*>(meaning);
  switch (connection.phase) {
    case Phase::kSending:
      return go_on_sending(connection, thread);
    case Phase::kEnding:
      return discard_input(connection);
    default:
      return read(connection, thread);
  }
}

/// A web server that has just connected has mostly sent its request, too: the last one is read at
/// once. The others are put into the loops before that, since the last one's handler may take long.
void Connections::accept(std::uint64_t meaning, EventLoop& loop, ServingThread* thread) {
  std::unique_ptr<Connection> last;
  for (int count = 0; count < kAcceptBatch; ++count) {
    auto accepted = parts_.acceptor.accept(meaning);
    if (!accepted) break;
    if (last) {
      parts_.store.wait(*last.release(), Phase::kFresh, loop.now + parts_.limits.idle_timeout,
                        EPOLLIN);
    }
    last = parts_.store.open(*std::move(accepted));
    if (last->has_replayed()) break;  // no event tells of those bytes
  }
  if (last) read(*last.release(), thread);
}

void Connections::read(Connection& connection, ServingThread* thread) {
  if (connection.reader().idle()) connection.began = now_of(connection);
  switch (connection.receive()) {
    case Connection::Received::kBytes:
      return go_on(connection, thread);
    case Connection::Received::kNothing:
      if (connection.loop == nullptr) wait_for_more(connection);
      return;
    case Connection::Received::kEnd:
      return parts_.store.close(connection);
  }
}

/// Does what the bytes that were read allow. Afterwards the connection waits, or is closed. So it
/// is where one of the steps returns false.
void Connections::go_on(Connection& connection, ServingThread* thread) {
  for (bool goes_on = true; goes_on;) {
    if (!send_replies(connection)) {
      return parts_.store.close(connection, "it asks, and does not read the replies");
    }
    note_ended(connection);
    switch (connection.reader().state()) {
      case State::kIncomplete:
        if (!connection.has_replayed()) return wait_for_more(connection);
        if (connection.receive() == Connection::Received::kEnd) {
          return parts_.store.close(connection);
        }
        break;
      case State::kHead:
        goes_on = plan(connection);
        break;
      case State::kRefused:
        goes_on = refuse(connection, refusal_of_body(connection.reader().refusal()));
        break;
      case State::kReady:
        goes_on = take_turn(connection, thread);
        break;
      case State::kClosing:
        return end_conversation(connection);
    }
  }
}

/// The reader has ended a request: what comes is of the next one.
void Connections::note_ended(Connection& connection) {
  if (std::exchange(connection.ended_seen, connection.reader().ended()) ==
      connection.reader().ended()) {
    return;
  }
  connection.phase = Phase::kIdle;
  connection.began = now_of(connection);
}

/// The head is complete: decides what becomes of the request.
bool Connections::plan(Connection& connection) {
  const Exchange exchange(connection, parts_.limits, nullptr);
  connection.plan = parts_.responder.plan(exchange);
  if (connection.plan.refusal.status != 0) return refuse(connection, connection.plan.refusal);
  const auto* route = connection.plan.route;
  RequestReader& reader = connection.reader();
  if (route != nullptr && route->streams_body) {
    reader.stream();
  } else if (reader.collect() == State::kIncomplete) {
    connection.phase = Phase::kBody;
    connection.body_began = now_of(connection);
    connection.body_before = reader.body_received();
    connection.deadline = connection.body_began + std::min<std::chrono::milliseconds>(
                                                      kRateWindow, parts_.limits.body_timeout);
  }
  return true;
}

/// The body is complete, or is streamed.
bool Connections::take_turn(Connection& connection, ServingThread* thread) {
  const bool may_run = parts_.turns.may_run(connection.plan.route);
  if (may_run && thread != nullptr) return serve(connection, *thread);
  return wait_turn(connection, may_run);
}

/// No thread is free, or as many requests of its route run as may.
bool Connections::wait_turn(Connection& connection, bool may_run) {
  connection.phase = Phase::kServing;
  const auto* route = connection.plan.route;
  if (parts_.store.ending() == Ending::kHandOver && parts_.store.leave(connection)) {
    if (may_run) parts_.turns.done(route);
    return false;
  }
  auto waiting = ConnectionStore::take_out(connection);
  if (parts_.turns.wait(waiting, may_run)) {
    parts_.call_thread();
    return false;
  }
  if (may_run) parts_.turns.done(route);
  return refuse(*waiting.release(), {503, "workers.queue is full"});
}

void Connections::serve_waiting(std::unique_ptr<Connection> connection, ServingThread& thread) {
  if (connection->peer_gone()) {
    parts_.turns.done(connection->plan.route);
    return;
  }
  Connection& served = *connection.release();
  if (served.aborted() ? end_aborted(served) : serve(served, thread)) go_on(served, &thread);
}

void Connections::hand_over_waiting() {
  for (auto& waiting : parts_.turns.take_all()) {
    Connection& connection = *waiting.release();
    if (take_turn(connection, nullptr)) go_on(connection, nullptr);  // which leaves it if it can
  }
}

/// The peer has aborted the request while it waited.
bool Connections::end_aborted(Connection& connection) {
  if (parts_.turns.done(connection.plan.route)) parts_.call_thread();
  Exchange exchange(connection, parts_.limits, nullptr);
  exchange.finish();
  return end_answer(connection, exchange);
}

bool Connections::serve(Connection& connection, ServingThread& thread) {
  connection.phase = Phase::kServing;
  connection.turn_began = Connection::Clock::now();
  thread.begin_service(connection);
  Exchange exchange(connection, parts_.limits, &thread);
  parts_.responder.serve(exchange, thread.number());
  thread.end_service();
  if (parts_.turns.done(connection.plan.route)) parts_.call_thread();
  return end_answer(connection, exchange);
}

bool Connections::refuse(Connection& connection, const Refusal& refusal) {
  Exchange exchange(connection, parts_.limits, nullptr);
  parts_.responder.refuse(exchange, refusal);
  return end_answer(connection, exchange);
}

void Connections::refuse_slow_body(Connection& connection) {
  connection.closes = true;
  refuse(connection, {408,
                      "the body came slower than 500 bytes a second, or took longer than "
                      "limits.body_timeout"});
}

bool Connections::end_answer(Connection& connection, const Exchange& exchange) {
  if (exchange.answered() && connection.unsent() == 0) return next_request(connection);
  if (exchange.answered()) {
    parts_.store.send_rest(connection);
  } else if (exchange.stalled()) {
    parts_.store.cut(connection, kStalled);
  } else {
    parts_.store.close(connection);
  }
  return false;
}

/// The socket takes more of an answer.
void Connections::go_on_sending(Connection& connection, ServingThread* thread) {
  const std::size_t before = connection.unsent();
  if (!connection.send_unsent()) return parts_.store.close(connection);
  if (connection.unsent() == before) return;
  parts_.store.count_unsent(connection);
  connection.deadline = connection.loop->now + parts_.limits.write_timeout;
  if (connection.unsent() == 0 && next_request(connection)) go_on(connection, thread);
}

/// The answer has been sent. Goes on with the request behind it, if there may be one.
bool Connections::next_request(Connection& connection) {
  RequestReader& reader = connection.reader();
  if (connection.closes || !reader.keep_connection() || reader.state() == State::kClosing) {
    end_conversation(connection);
    return false;
  }
  reader.next();
  connection.phase = Phase::kIdle;
  connection.plan = {};
  connection.began = now_of(connection);
  return true;
}

/// Nothing is left to be done before more bytes come.
void Connections::wait_for_more(Connection& connection) {
  const Ending ending = parts_.store.ending();
  if (ending == Ending::kHandOver && parts_.store.leave(connection)) return;
  const Limits& limits = parts_.limits;
  const RequestReader& reader = connection.reader();
  if (connection.phase == Phase::kBody) {
    return parts_.store.wait(connection, Phase::kBody, connection.deadline, EPOLLIN);
  }
  if (!reader.idle()) {
    auto until = connection.began + limits.read_timeout;
    // No later than before: the server may have stopped meanwhile, see Housekeeping::end_idle.
    if (connection.phase == Phase::kHead) until = std::min(until, connection.deadline);
    return parts_.store.wait(connection, Phase::kHead, until, EPOLLIN);
  }
  const bool fresh = connection.phase == Phase::kFresh;
  if (ending != Ending::kNo && !fresh && !has_input(connection)) {
    return parts_.store.close(connection);
  }
  parts_.store.wait(connection, fresh ? Phase::kFresh : Phase::kIdle,
                    now_of(connection) + limits.idle_timeout, EPOLLIN);
}

/// Sends what the peer awaits before anything else. Does not wait: a peer that asks and does not
/// read must not hold a thread. Returns false if the peer has not taken it.
bool Connections::send_replies(Connection& connection) {
  if (connection.reader().replies().empty()) return true;
  const std::string replies = std::exchange(connection.reader().replies(), {});
  return connection.send(replies) && connection.unsent() == 0;
}

void Connections::end_conversation(Connection& connection) {
  const RequestReader& reader = connection.reader();
  if (!reader.reason().empty()) return parts_.store.close(connection, reader.reason());
  parts_.store.close_after_peer(connection);
}

void Connections::discard_input(Connection& connection) {
  std::array<char, 16'384> away;
  const ssize_t size = ::recv(connection.socket(), away.data(), away.size(), MSG_DONTWAIT);
  if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) parts_.store.close(connection);
}

}  // namespace shoal::fastcgi
