#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "header_lines.hpp"
#include "shoal/host/exchange.hpp"
#include "shoal/response.hpp"

namespace shoal {

/// An answer while it is being written. Head and body may change until the body is longer than
/// kHeldBack, the module calls flush, or the container finishes the answer. Then the head is sent.
/// What is written later goes directly to the exchange, which has a buffer of its own.
struct Response::Draft {
  static constexpr std::size_t kHeldBack = 32 * 1024;

  Draft(host::Exchange& to, bool is_head, std::string_view fixed)
      : exchange(to), head_request(is_head), fixed_head(fixed) {}

  host::Exchange& exchange;
  const bool head_request;
  const std::string_view fixed_head;  ///< of the caller

  int status = 200;
  HeaderLines headers;
  std::string held;          ///< body to send with the head; stays empty for HEAD
  std::uint64_t length = 0;  ///< of the body so far: held, sent or withheld
  bool head_sent = false;
  bool counts_body = false;  ///< the head has a Content-Length that the module has not set
  bool names_type = false;   ///< the head has a Content-Type that the module has not set
  bool peer_gone = false;

  /// Throws std::logic_error if the head has been sent. `what` is the call that came too late.
  void require_unsent(const char* what) const;

  /// Returns a header of the answer as it was sent, set by the module or by the container. Returns
  /// nullopt until the head is sent.
  std::optional<std::string> sent_header(std::string_view name) const;

  /// Appends to the body. Returns false as Response::write does.
  bool write(std::string_view text);

  /// Writes, and sets the Content-Type unless there is one or the head has been sent.
  void write_as(std::string_view content_type, std::string_view text);

  /// Sends the head and the held body as one piece. `complete` says that the body is complete, so
  /// that its length is known. Returns false when the web server has disconnected.
  bool send_head(bool complete);

  /// Discards the body and the headers that describe it.
  /// REQUIRES: the head has not been sent.
  void discard_body();

 private:
  bool withholds_body() const;
  std::string head(bool complete);
  bool send(std::string_view bytes);
};

}  // namespace shoal
