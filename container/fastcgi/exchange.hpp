#pragma once

#include <chrono>
#include <cstdint>

#include "fastcgi/answer.hpp"
#include "fastcgi/connection.hpp"
#include "fastcgi/limits.hpp"
#include "shoal/host/exchange.hpp"

namespace shoal::fastcgi {

/// The turn of a request: that a thread serves it.
class Turn {
 public:
  virtual ~Turn() = default;

  /// What lasts longer takes long: to give the event loop to another thread costs less than that.
  static constexpr std::chrono::microseconds kLong{200};

  /// The thread is about to wait, or expects to be busy for long: others get what would be held up
  /// by it. May be called again.
  virtual void will_take_long() noexcept = 0;
};

/// One FastCGI request and its answer. Used by the one thread that serves or refuses the request.
class Exchange final : public host::Exchange {
 public:
  /// The request that the connection's reader has. With a null `turn` no function waits: what the
  /// peer does not take is left to the event loop. REQUIRES: all arguments outlive the exchange.
  Exchange(Connection& connection, const Limits& limits, Turn* turn);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// When the request began to arrive.
  std::chrono::steady_clock::time_point started() const { return connection_.began; }

  /// When its turn began: a thread took it. REQUIRES: it is served, not refused.
  std::chrono::steady_clock::time_point turn_began() const { return connection_.turn_began; }

  /// What Responder::plan has said of the request.
  const Responder::Plan& plan() const { return connection_.plan; }

  /// CONTENT_LENGTH; 0 when it is missing or malformed.
  std::uint64_t content_length() const { return reader_.content_length().value_or(0); }

  /// CONTENT_LENGTH is there and is not a number: to be answered with 400. `read` throws.
  bool content_length_malformed() const { return reader_.content_length_malformed(); }

  /// To be answered with 413: CONTENT_LENGTH is over `limits.body`; or a streamed body without it
  /// is, and `read` has thrown.
  bool body_too_large() const {
    return reader_.body_too_large() || content_length() > limits_.body;
  }

  std::optional<std::string_view> param(std::string_view name) const override {
    return reader_.param(name);
  }

  /// Reads what there is of the body, at most the size of `buffer`. Waits only for a body that is
  /// streamed, at most `limits.read_timeout`. Bytes beyond CONTENT_LENGTH are no body.
  std::size_t read(std::span<char> buffer) override;

  /// Waits while more than 256 KiB are unsent, at most `limits.write_timeout` for each byte that
  /// the peer takes.
  bool write(std::string_view bytes) override;

  /// Waits until the peer has taken all, in the same way.
  bool flush() override;

  /// Costs one or two system calls. Over TCP, a peer that has closed the connection is noticed only
  /// after something was sent to it.
  bool peer_gone() const override;

  /// The thread is about to wait, or expects to be busy for long: see Turn.
  void will_take_long() {
    if (turn_ != nullptr) turn_->will_take_long();
  }

  /// Completes the answer. What the socket does not take is sent later, by the event loop. Returns
  /// false if the peer has closed.
  bool finish();

  /// Closes the connection without the end of the answer, so that the web server cannot take it for
  /// complete. What has not been sent is dropped.
  void cut();

  /// Returns true if the answer is complete, and the peer has not closed.
  bool answered() const { return answered_; }

  /// Returns true if `write` or `flush` has cut the answer off, since the peer took nothing for
  /// `limits.write_timeout`.
  bool stalled() const { return stalled_; }

 private:
  bool wait_until_unsent(std::size_t most);
  bool wait_for(short events, std::chrono::milliseconds timeout);
  void wait_for_body();
  bool send_replies();
  [[noreturn]] void fail_body(const char* why) const;

  Connection& connection_;
  RequestReader& reader_;
  const Limits& limits_;
  Turn* const turn_;
  std::uint64_t body_read_ = 0;
  bool finished_ = false;
  bool answered_ = false;
  bool cut_ = false;
  bool stalled_ = false;
  Answer answer_;  // last: it is large
};

}  // namespace shoal::fastcgi
