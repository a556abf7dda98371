#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "fastcgi/connection.hpp"
#include "fastcgi/libfcgi.hpp"
#include "shoal/host/exchange.hpp"

namespace shoal::fastcgi {

/// One FastCGI request and its answer. Used by the one thread that took the connection from the
/// poller:
///
///     while (auto connection = poller.next()) {
///       const auto exchange = Exchange::read(*connection);
///       if (!exchange) continue;
///       ... answer ...
///       if (exchange->finish()) poller.keep(std::move(connection));
///     }
///
/// Ends with either `finish` or `cut`; the destructor alone is a `cut` as soon as the connection is
/// closed. After `finish` and `cut` the connection is not touched again; parameters stay readable.
class Exchange final : public host::Exchange {
  struct Key {
    explicit Key() = default;
  };

 public:
  /// Reads the head of the request that begins on `connection`; without a body, all of it. Null
  /// when there is none to answer: the peer has left, sent what is no FastCGI, asks for another
  /// role than RESPONDER, sent parameters of over 1 MiB in all, or was not done within
  /// `limits.read_timeout`. Then only destroying the connection is left to do.
  static std::unique_ptr<Exchange> read(Connection& connection);

  /// For `read` alone.
  Exchange(Key, Connection& connection, RequestHolder request);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() override;

  /// When the request began to arrive.
  std::chrono::steady_clock::time_point started() const { return started_; }

  /// CONTENT_LENGTH; 0 when there is none, and when it is malformed.
  std::uint64_t content_length() const { return content_length_; }

  /// CONTENT_LENGTH is there and is no number: to be answered with 400. `read` throws.
  bool content_length_malformed() const { return malformed_; }

  /// To be answered with 413: CONTENT_LENGTH is over `limits.body`; or it is not there, as of
  /// bodies that came in chunks, and `read` has thrown since more came than that.
  bool body_too_large() const { return over_limit_ || content_length_ > limits_.body; }

  std::optional<std::string_view> param(std::string_view name) const override;

  /// Waits until `buffer` is full or the body is complete. Bytes beyond CONTENT_LENGTH are no body;
  /// without it all are that come.
  std::size_t read(std::span<char> buffer) override;

  bool write(std::string_view bytes) override;
  bool flush() override;

  /// One or two system calls. An abort is seen once the body has been read, or while it is.
  bool peer_gone() const override;

  /// Completes the answer. Before that, up to `limits.keep_alive_drain` bytes of unread body are
  /// read away. True when the connection can carry another request; else it is to be destroyed.
  bool finish();

  /// Closes the connection without the end of the answer, so that the web server cannot take it for
  /// complete. What has not been flushed is dropped.
  void cut();

 private:
  void learn_content_length();
  bool at_end_of_body();
  bool drain();
  void linger();
  std::string why_body_ended() const;

  Connection& connection_;
  const Limits& limits_;
  const std::chrono::steady_clock::time_point started_;
  const RequestHolder request_;
  std::uint64_t content_length_ = 0;
  std::uint64_t unread_ =
      0;  // of content_length_ or, of a body that is unannounced, of limits.body
  bool unannounced_ = false;
  bool malformed_ = false;
  bool over_limit_ = false;
  bool body_ended_ = false;       // the record that ends the body has been read
  bool answering_ = false;        // part of the answer is on the wire
  mutable bool aborted_ = false;  // by the web server, as peer_gone has found
  bool over_ = false;             // finished or cut
};

}  // namespace shoal::fastcgi
