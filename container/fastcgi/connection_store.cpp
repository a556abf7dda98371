#include "fastcgi/connection_store.hpp"

#include <sys/ioctl.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "fastcgi/body_file.hpp"
#include "fastcgi/body_rate.hpp"

namespace shoal::fastcgi {
namespace {

std::chrono::milliseconds shortest(const Limits& limits) {
  return std::min<std::chrono::milliseconds>({limits.read_timeout, limits.body_timeout,
                                              limits.write_timeout, limits.idle_timeout,
                                              kRateWindow});
}

}  // namespace

bool has_input(const Connection& connection) {
  int bytes = 0;
  return ::ioctl(connection.socket(), FIONREAD, &bytes) == 0 && bytes > 0;
}

ConnectionStore::ConnectionStore(const Limits& limits, const std::filesystem::path& folder,
                                 const Handover* handover, std::deque<EventLoop>& loops)
    : limits_(limits),
      folder_(folder),
      handover_(handover),
      loops_(loops),
      budget_(limits.bodies),
      rules_{.body = limits.body,
             .skip = limits.keep_alive_drain,
             .folder = folder,
             .budget = budget_},
      longest_wait_(shortest(limits)) {}

std::unique_ptr<Connection> ConnectionStore::open(Handover::Left accepted) {
  return std::make_unique<Connection>(std::move(accepted.connection), std::move(accepted.bytes),
                                      rules_, open_);
}

void ConnectionStore::wait(Connection& connection, Phase phase, Clock::time_point until,
                           std::uint32_t events) {
  connection.phase = phase;
  connection.deadline = until;
  EventLoop& loop = loop_for(connection);
  if (connection.loop == &loop) {
    loop.next_look = std::min(loop.next_look, until);
    loop.watch(connection, events);
    return;
  }
  const std::size_t unsent = connection.unsent_counted;
  if (!loop.add(take_out(connection), events)) unsent_ -= unsent;
  if (until < Clock::now() + longest_wait_ || ending() != Ending::kNo) loop.look_soon();
}

void ConnectionStore::send_rest(Connection& connection) {
  connection.unsent_counted = connection.unsent();
  unsent_ += connection.unsent_counted;
  wait(connection, Phase::kSending, now_of(connection) + limits_.write_timeout, EPOLLOUT);
  if (unsent_ <= kMostUnsent) return;
  for (EventLoop& loop : loops_) loop.look_soon();
}

void ConnectionStore::count_unsent(Connection& connection) {
  const std::size_t unsent = connection.unsent();
  unsent_ -= std::exchange(connection.unsent_counted, unsent) - unsent;
}

std::unique_ptr<Connection> ConnectionStore::take_out(Connection& connection) {
  if (connection.loop != nullptr) return connection.loop->remove(connection);
  return std::unique_ptr<Connection>(&connection);
}

void ConnectionStore::close(Connection& connection) {
  unsent_ -= std::exchange(connection.unsent_counted, 0);
  take_out(connection);
}

void ConnectionStore::close(Connection& connection, const std::string& why) {
  log_.warn("closed the FastCGI connection of " + connection.peer() + ": " + why);
  close(connection);
}

void ConnectionStore::cut(Connection& connection, const std::string& why) {
  ++answers_cut_;
  last_answer_cut_ = std::chrono::system_clock::now();
  log_.warn("cut off an answer to " + connection.peer() + ": " + why);
  close(connection);
}

void ConnectionStore::close_after_peer(Connection& connection) {
  connection.shut_sending();
  wait(connection, Phase::kEnding, now_of(connection) + longest_wait_, EPOLLIN);
}

bool ConnectionStore::leave(Connection& connection) try {
  std::optional<BodyFile> bytes;
  if (!connection.reader().idle() || connection.has_replayed()) {
    bytes.emplace(folder_);
    connection.replay([&bytes](std::string_view piece) { bytes->append(piece); });
  }
  if (!handover_->leave(connection.socket(), bytes ? bytes->descriptor() : -1)) return false;
  close(connection);
  return true;
} catch (const std::exception&) {  // no disk space: it is served here
  return false;
}

void ConnectionStore::end(Ending ending) {
  ending_ = ending;
  for (EventLoop& loop : loops_) loop.look_soon();
}

/// A connection for one request stays where it was accepted while requests are short there: to have
/// another thread serve it costs a wake-up, and that thread may not get a processor for
/// milliseconds. One that is kept goes to the loop with the fewest connections: it is there for
/// long.
EventLoop& ConnectionStore::loop_for(const Connection& connection) {
  const Phase phase = connection.phase;
  EventLoop* const own = connection.loop;
  if (own != nullptr && phase != Phase::kIdle) return *own;
  EventLoop& fewest = *std::ranges::min_element(loops_, {}, &EventLoop::size);
  if (own != nullptr) return own->size() <= fewest.size() + 1 ? *own : fewest;
  const bool kept = phase != Phase::kFresh && phase != Phase::kEnding;
  return !kept && loops_.front().is_quick() ? loops_.front() : fewest;
}

}  // namespace shoal::fastcgi
