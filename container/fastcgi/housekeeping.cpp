#include "fastcgi/housekeeping.hpp"

#include <algorithm>
#include <string>

#include "fastcgi/body_rate.hpp"

namespace shoal::fastcgi {
namespace {

using Ending = ConnectionStore::Ending;
using Phase = Connection::Phase;

// When the server stops: for a peer that has just connected, or is to close; for the rest of a
// head.
constexpr std::chrono::seconds kLast{1};
constexpr std::chrono::seconds kRestOfHead{5};

}  // namespace

Housekeeping::Housekeeping(const Limits& limits, ConnectionStore& store, Connections& connections,
                           Acceptor& acceptor, EventLoop& first_loop, bool several_processes)
    : limits_(limits),
      store_(store),
      connections_(connections),
      acceptor_(acceptor),
      first_loop_(first_loop),
      several_processes_(several_processes) {}

Housekeeping::Clock::time_point Housekeeping::look_after(EventLoop& loop, bool all_busy) {
  if (store_.ending() != Ending::kNo) end_idle(loop);
  if (loop.is_to_look()) {
    const auto now = loop.now;
    const auto is_overdue = [now](const Connection& each) { return each.deadline <= now; };
    for (Connection* connection : loop.select(is_overdue)) end_overdue(*connection);
    if (store_.unsent() > ConnectionStore::kMostUnsent) cut_slowest(loop);
    // Not later: other threads put connections into the loop.
    loop.next_look = std::min(loop.first_deadline(), loop.now + store_.longest_wait());
  }
  if (&loop != &first_loop_) return loop.next_look;
  return std::min(loop.next_look, acceptor_.look_after(all_busy && several_processes_));
}

void Housekeeping::end_overdue(Connection& connection) {
  switch (connection.phase) {
    case Phase::kServing:
      return;
    case Phase::kHead:
      return store_.close(connection, store_.ending() == Ending::kNo
                                          ? "no complete head within limits.read_timeout"
                                          : "no complete head, and the server stops");
    case Phase::kBody:
      return look_at_body(connection);
    case Phase::kSending:
      return store_.cut(connection, kStalled);
    case Phase::kFresh:
    case Phase::kIdle:
    case Phase::kEnding:
      return store_.close(connection);
  }
}

void Housekeeping::look_at_body(Connection& connection) {
  const auto now = connection.loop->now;
  const auto end = connection.body_began + limits_.body_timeout;
  const std::uint64_t received = connection.reader().body_received();
  if (now >= end || received - connection.body_before < kLeastInWindow) {
    return connections_.refuse_slow_body(connection);
  }
  connection.body_before = received;
  connection.deadline = std::min(end, now + kRateWindow);
}

void Housekeeping::cut_slowest(EventLoop& loop) {
  auto sending = loop.select([](const Connection& each) { return each.phase == Phase::kSending; });
  std::ranges::sort(sending, {}, [](const Connection* each) { return each->deadline; });
  for (Connection* connection : sending) {
    if (store_.unsent() <= ConnectionStore::kMostUnsent) return;
    store_.cut(*connection, "64 MiB of answers wait for slow peers, and it was the slowest");
  }
}

void Housekeeping::end_idle(EventLoop& loop) {
  const bool hands_over = store_.ending() == Ending::kHandOver;
  const auto ends = [hands_over](const Connection& each) {
    return each.phase == Phase::kIdle || each.phase == Phase::kFresh ||
           each.phase == Phase::kHead || each.phase == Phase::kEnding ||
           (hands_over && each.phase == Phase::kBody);
  };
  for (Connection* connection : loop.select(ends)) {
    const bool ending = connection->phase == Phase::kEnding;
    if (hands_over && !ending && store_.leave(*connection)) continue;
    if (connection->phase == Phase::kFresh || connection->phase == Phase::kHead || ending) {
      const auto left = connection->phase == Phase::kHead ? kRestOfHead : kLast;
      connection->deadline = std::min(connection->deadline, loop.now + left);
      loop.next_look = std::min(loop.next_look, connection->deadline);
    } else if (connection->phase == Phase::kIdle && !has_input(*connection)) {
      store_.close(*connection);
    }
  }
}

}  // namespace shoal::fastcgi
