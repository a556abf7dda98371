#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>

#include "fastcgi/connection.hpp"
#include "fastcgi/event_loop.hpp"
#include "fastcgi/handover.hpp"
#include "fastcgi/limits.hpp"
#include "fastcgi/sparse_log.hpp"

namespace shoal::fastcgi {

/// All open connections: how they come into an event loop, and how they end. Safe to use from many
/// threads, each with connections of its own.
class ConnectionStore {
 public:
  using Clock = Connection::Clock;
  using Phase = Connection::Phase;

  /// `folder` is for bodies that are too large for the memory, `handover` may be null; connections
  /// are accepted by the first of the loops. REQUIRES: all arguments outlive the store, and the
  /// connections do not.
  ConnectionStore(const Limits& limits, const std::filesystem::path& folder,
                  const Handover* handover, std::deque<EventLoop>& loops);

  /// Makes a connection that is in no loop.
  std::unique_ptr<Connection> open(Handover::Left accepted);

  /// Has the connection wait for these events, until this time at most. It may be put into another
  /// loop, and belong to another thread afterwards.
  void wait(Connection& connection, Phase phase, Clock::time_point until, std::uint32_t events);

  /// Has the event loop send what the socket did not take of an answer whose handler has ended.
  void send_rest(Connection& connection);

  /// A part of it has been sent, or all.
  void count_unsent(Connection& connection);

  /// Takes the connection out of its loop, if it is in one.
  static std::unique_ptr<Connection> take_out(Connection& connection);

  void close(Connection& connection);

  /// Closes it, with a line in the log that names the peer.
  void close(Connection& connection, const std::string& why);

  /// Closes it while a part of an answer is unsent, since the peer takes nothing, or too little.
  void cut(Connection& connection, const std::string& why);

  /// Closes the connection once the peer has closed, at most longest_wait() later. If bytes come
  /// after it was closed, the kernel resets it, and the peer may lose the answer: clients send the
  /// end of a body late, and Node sends a write of no bytes after each record.
  void close_after_peer(Connection& connection);

  /// Leaves the connection to another process, with the bytes that were read of it. Returns false
  /// if that cannot be done; then nothing has changed. REQUIRES: there is a handover.
  bool leave(Connection& connection);

  // --- the end of the server

  enum class Ending { kNo, kClose, kHandOver };

  /// From now on connections end as soon as they are idle, or, with kHandOver, as soon as no thread
  /// serves them.
  void end(Ending ending);
  Ending ending() const { return ending_.load(std::memory_order_relaxed); }

  /// How many connections are open.
  std::size_t open() const { return open_; }

  /// How many answers were cut, and when one last was: the epoch if never.
  std::uint64_t answers_cut() const { return answers_cut_; }
  std::chrono::system_clock::time_point last_answer_cut() const { return last_answer_cut_; }

  /// How many bytes of finished answers wait to be sent.
  std::size_t unsent() const { return unsent_; }
  static constexpr std::size_t kMostUnsent = 64 << 20;  ///< beyond it the slowest are cut off

  /// A loop looks at its deadlines at least this often, since another thread may have put a
  /// connection into it: no deadline that this gives is shorter.
  std::chrono::milliseconds longest_wait() const { return longest_wait_; }

 private:
  EventLoop& loop_for(const Connection& connection);

  const Limits& limits_;
  const std::filesystem::path& folder_;
  const Handover* const handover_;
  std::deque<EventLoop>& loops_;
  BodyBudget budget_;
  const ReaderRules rules_;
  const std::chrono::milliseconds longest_wait_;
  SparseLog log_;
  std::atomic<Ending> ending_{Ending::kNo};
  std::atomic<std::size_t> open_{0};
  std::atomic<std::size_t> unsent_{0};
  std::atomic<std::uint64_t> answers_cut_{0};
  std::atomic<std::chrono::system_clock::time_point> last_answer_cut_{};
};

/// Returns the time at which the connection is handled, without a look at the clock if possible.
inline Connection::Clock::time_point now_of(const Connection& connection) {
  return connection.loop != nullptr ? connection.loop->now : Connection::Clock::now();
}

/// Why an answer is cut: see ConnectionStore::cut.
inline constexpr const char* kStalled = "it took nothing for limits.write_timeout";

/// Returns true if bytes lie in the socket that were not read.
bool has_input(const Connection& connection);

}  // namespace shoal::fastcgi
