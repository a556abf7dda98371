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

// So long ago the clock may have been looked at for a deadline.
constexpr std::chrono::milliseconds kLate{10};

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
  const bool becomes_kept = phase == Phase::kIdle && !connection.kept;
  if (EventLoop* const own = connection.loop; own != nullptr && !becomes_kept) {
    own->next_look = std::min(own->next_look, until);
    own->watch(connection, events);
    return;
  }
  const std::size_t unsent = connection.unsent_counted;
  auto taken = take_out(connection);
  taken->kept |= becomes_kept;  // while no loop counts it
  EventLoop& loop = loop_for(*taken);
  if (!loop.add(std::move(taken), events)) unsent_ -= unsent;
  if (until < Clock::now() + longest_wait_ - kLate || ending() != Ending::kNo) loop.look_soon();
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

/// Where it was accepted, if that loop has time: to have another thread serve a connection costs a
/// wake-up, and that thread may not get a processor for milliseconds. Once it is kept after a
/// request, it is where the fewest of those are, since it is there for long. Peers that never send
/// a request do not count.
EventLoop& ConnectionStore::loop_for(const Connection& connection) {
  if (connection.kept) return *std::ranges::min_element(loops_, {}, &EventLoop::kept);
  EventLoop& first = loops_.front();
  return first.has_time() ? first : *std::ranges::min_element(loops_, {}, &EventLoop::size);
}

}  // namespace shoal::fastcgi
