#pragma once

#include <atomic>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"
#include "fastcgi/body_file.hpp"
#include "fastcgi/request_reader.hpp"
#include "fastcgi/responder.hpp"

namespace shoal::fastcgi {

class EventLoop;

/// A connection that a web server opened to us; closed by the destructor. Used by one thread at a
/// time: the one that has its event loop, or, while it is in no loop, the one that serves its
/// request. The loop owns a connection that is in its epoll set; Turns owns one whose request waits
/// for a thread; any other belongs to the function that handles it.
class Connection : public boost::intrusive::list_base_hook<
                       boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  using Clock = std::chrono::steady_clock;

  /// What the connection waits for, which decides on its deadline.
  enum class Phase : std::uint8_t {
    kFresh,    ///< for its first request to begin
    kIdle,     ///< for another request to begin
    kHead,     ///< for the rest of a head
    kBody,     ///< for the rest of a body that is collected
    kServing,  ///< for a thread, or for its handler: no deadline
    kSending,  ///< for the peer to take the rest of an answer; nothing is read
    kEnding    ///< for the peer to close; what comes is thrown away
  };

  /// `replayed` has the bytes that another process has read of this connection, see
  /// RequestReader::replay; empty: there are none. `open` counts the connections. REQUIRES: `rules`
  /// and `open` outlive the connection.
  Connection(base::Descriptor socket, base::Descriptor replayed, const ReaderRules& rules,
             std::atomic<std::size_t>& open);
  ~Connection() { --open_; }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int socket() const { return socket_.get(); }
  RequestReader& reader() { return reader_; }
  const RequestReader& reader() const { return reader_; }

  enum class Received {
    kBytes,    ///< the reader has got bytes
    kNothing,  ///< nothing has come
    kEnd       ///< the peer has closed, or closed its sending half, or the connection is broken
  };

  /// Gives the reader what has come, with one read. Does not wait.
  Received receive();

  /// Returns true if there are bytes of another process that the reader has not got yet.
  bool has_replayed() const { return replayed_.has_value(); }

  /// Writes bytes from which a connection in another process comes to the state of this one: see
  /// RequestReader::replay.
  void replay(const std::function<void(std::string_view)>& write) const;

  /// Sends the bytes, and keeps what the socket does not take: see unsent(). Does not wait. Returns
  /// false if the peer has closed.
  bool send(std::string_view bytes);

  /// Sends what it can of unsent(). Does not wait. Returns false if the peer has closed.
  bool send_unsent();

  /// Returns how many bytes wait to be sent.
  std::size_t unsent() const { return unsent_.size() - sent_; }

  /// Returns true if the peer has closed both directions, as far as the kernel knows: a peer that
  /// has closed its sending half still waits for the answer. Costs one system call. Over TCP the
  /// kernel learns it only when something is sent.
  bool peer_gone() const;

  /// Returns true if the peer has aborted the request that the reader has. Costs one system call.
  bool aborted() const;

  /// Ends both directions, or only the sending one. The peer sees it at once.
  void shut();
  void shut_sending();

  /// Returns the peer for the log: `127.0.0.1:4711`, `process 4711 of user 33`.
  std::string peer() const;

  // --- what the event loops know of it

  EventLoop* loop = nullptr;  ///< in whose epoll set it is; null: in none
  std::uint32_t events = 0;   ///< that the epoll set watches
  Phase phase = Phase::kFresh;
  Clock::time_point deadline = Clock::time_point::max();  ///< of the phase
  Clock::time_point began{};  ///< when the request at hand began to arrive
  Clock::time_point turn_began{};
  Clock::time_point body_began{};
  std::uint64_t body_before = 0;   ///< bytes of the body when its rate was last looked at
  std::size_t unsent_counted = 0;  ///< that are counted in the sum of all connections
  std::uint32_t ended_seen = 0;    ///< of RequestReader::ended
  bool kept = false;               ///< after a request; set while it is in no loop
  bool closes = false;     ///< is closed after the answer at hand, whatever the peer asked for
  Responder::Plan plan{};  ///< of the request at hand

 private:
  std::atomic<std::size_t>& open_;
  base::Descriptor socket_;
  std::optional<BodyFile> replayed_;
  std::uint64_t replayed_at_ = 0;
  RequestReader reader_;
  std::string unsent_;
  std::size_t sent_ = 0;  // of unsent_
  bool closed_by_peer_ = false;
};

}  // namespace shoal::fastcgi
