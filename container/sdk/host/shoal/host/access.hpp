#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "shoal/export.hpp"
#include "shoal/host/exchange.hpp"
#include "shoal/request.hpp"
#include "shoal/response.hpp"

namespace shoal::host {

/// Runs another handler of the snapshot that the request holds, for include and forward. Throws
/// shoal::NoSuchModule.
using Dispatch = std::function<void(std::string_view module, Request&, Response&)>;

/// How the container makes and ends what modules see. Never seen by modules, never installed.
///
/// REQUIRES: the exchange outlives both objects, and the response outlives the request.
class SHOAL_EXPORT Access {
 public:
  /// `fixed_head` (complete lines, each ending in CRLF) goes into every head, whatever a module
  /// sets or drops: a module's own lines of these names are left out. `head_request` withholds the
  /// body.
  static std::unique_ptr<Response> make_response(Exchange& exchange, bool head_request,
                                                 std::string fixed_head);

  /// `path` and `path_info` are decoded. An empty `dispatch` knows no module. `id` is the
  /// request's id; REQUIRES: it outlives the request.
  static std::unique_ptr<Request> make_request(Exchange& exchange, Response& response,
                                               std::string path, std::string path_info,
                                               Dispatch dispatch, std::string_view id = {});

  /// As if the module had done nothing: 200, no headers, no cookies, no body. What to do with a
  /// handler that threw, before `error(500)`. Throws std::logic_error when the head has been sent.
  static void reset(Response& response);

  /// Sends what is held back, with Content-Length if nothing has been sent yet. False: peer gone.
  /// Does not flush the exchange: its end does, with the last bytes in the same packet.
  static bool finish(Response& response);

  /// A header of the answer as it was sent, the container's own included; none before that.
  static std::optional<std::string> answer_header(const Response& response, std::string_view name);

  /// Body bytes of this answer, counted even where HEAD withholds them, without those that `reset`,
  /// `error`, `redirect` or `forward` dropped; for the access log.
  static std::uint64_t bytes_written(const Response& response);
};

}  // namespace shoal::host
