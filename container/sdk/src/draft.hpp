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

/// What is held back before an answer is final: head and body are separate and may change until the
/// body outgrows kHeldBack, the module flushes, or the container finishes the answer. From then on
/// the head is sent and the body goes straight to the exchange, which buffers by itself.
struct Response::Draft {
  static constexpr std::size_t kHeldBack = 32 * 1024;

  Draft(host::Exchange& to, bool is_head, std::string fixed)
      : exchange(to), head_request(is_head), fixed_head(std::move(fixed)) {}

  host::Exchange& exchange;
  const bool head_request;
  const std::string fixed_head;

  int status = 200;
  HeaderLines headers;
  std::string held;          ///< body to send with the head; stays empty for HEAD
  std::uint64_t length = 0;  ///< of the body so far, be it held, sent or withheld
  bool head_sent = false;
  bool counts_body = false;  ///< the head got a Content-Length of ours
  bool names_type = false;   ///< likewise a Content-Type
  bool peer_gone = false;

  /// Throws std::logic_error that says what came too late.
  void require_unsent(const char* what) const;

  /// A header of the answer as it was sent, be it the module's or ours.
  std::optional<std::string> sent_header(std::string_view name) const;

  bool write(std::string_view text);

  /// `write`, and the Content-Type unless there is one or it is too late.
  void write_as(std::string_view content_type, std::string_view text);

  /// Sends the head and what is held, as one piece. `complete` tells that no more will follow, so
  /// that the length is known. False: peer gone.
  bool send_head(bool complete);

  /// Drops the body and the headers that describe it. REQUIRES: the head has not been sent.
  void drop_body();

 private:
  bool withholds_body() const;
  std::string head(bool complete);
  bool send(std::string_view bytes);
};

}  // namespace shoal
