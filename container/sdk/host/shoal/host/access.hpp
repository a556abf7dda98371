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

/// Calls another handler of the snapshot that the request holds, for include and forward. Throws
/// shoal::NoSuchModule when the snapshot has no such handler.
using CallHandler = std::function<void(std::string_view module, Request&, Response&)>;

/// The container's way to make requests and responses, and to end them. Not installed: modules
/// cannot use it. Not safe for use by several threads at once, for one request.
///
/// REQUIRES: the exchange outlives both objects, and the response outlives the request.
class SHOAL_EXPORT Access {
 public:
  /// Makes the answer to one request. `fixed_head` is complete header lines, each ending in CRLF,
  /// that stand in the head whatever a module sets; headers of these names that a module sets are
  /// left out. With `head_request` the answer is sent without its body. REQUIRES: what `fixed_head`
  /// refers to outlives the response.
  static std::unique_ptr<Response> make_response(Exchange& exchange, bool head_request,
                                                 std::string_view fixed_head);

  /// Makes a request. `path` and `path_info` are decoded already. With an empty `call_handler`,
  /// include and forward throw NoSuchModule. `id` is the request's id.
  /// REQUIRES: what the texts refer to outlives the request.
  static std::unique_ptr<Request> make_request(Exchange& exchange, Response& response,
                                               std::string_view path, std::string_view path_info,
                                               CallHandler call_handler, std::string_view id = {});

  /// Puts the response back to its beginning: 200, no headers, no cookies, no body. The container
  /// calls it after a handler has thrown, before `error(500)`. Throws std::logic_error when the
  /// head has been sent.
  static void reset(Response& response);

  /// Sends what is held back, with a Content-Length if nothing has been sent yet. Returns false
  /// when the web server has disconnected. Does not flush the exchange, which is flushed when the
  /// container ends it, so that the last bytes travel in the same packet.
  static bool finish(Response& response);

  /// Returns a header of the answer as it was sent, also one that the container has set. Returns
  /// nullopt until the head is sent.
  static std::optional<std::string> answer_header(const Response& response, std::string_view name);

  /// Returns how many bytes the body of the answer has, for the access log. Counts the bytes that
  /// are not sent because the method is HEAD. Does not count those that `reset`, `error`,
  /// `redirect` or `forward` discarded.
  static std::uint64_t bytes_written(const Response& response);
};

}  // namespace shoal::host
