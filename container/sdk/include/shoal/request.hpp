#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shoal/export.hpp"

namespace shoal {

class Request;
class Response;
namespace host {
class Access;
}

/// Thrown when the body of a request cannot be read: it ended before CONTENT_LENGTH bytes, or is
/// not a valid form; on a route with `body: stream` also when nothing arrived for
/// `limits.read_timeout`, or the web server closed the connection. If the handler does not catch
/// it, the visitor gets a 400. Also thrown on such a route when a body without an announced length
/// is larger than `limits.body`; then the visitor gets a 413.
class SHOAL_EXPORT BodyError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  ~BodyError() override;
};

/// Thrown when the snapshot of the request has no handler of this name. If the handler does not
/// catch it, the visitor gets a 500.
class SHOAL_EXPORT NoSuchModule : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  ~NoSuchModule() override;
};

/// The body of a request. It is read once, from beginning to end, in pieces. Only `read_all` holds
/// all of it in memory.
///
/// The container collects the body before it calls the handler, so `read` does not wait. A body
/// that takes longer than `limits.body_timeout` is answered with a 408, and the handler is not
/// called. On a route with `body: stream` the handler is called as soon as the head of the request
/// has arrived, and `read` waits for the rest of the body. The code of a handler is the same for
/// both.
///
/// A body has at most `limits.body` bytes. For a larger one, with or without an announced length,
/// the visitor gets a 413 and the handler is not called. One exception: on a route with `body:
/// stream` a body without an announced length grows while the handler reads it. When it has grown
/// over the limit, `read` throws BodyError.
class SHOAL_EXPORT Body {
 public:
  /// Returns the announced length in bytes (CONTENT_LENGTH). Returns 0 when there is no body, and
  /// when no length was announced: a body sent in chunks that the web server does not buffer.
  std::uint64_t length() const;

  /// Reads at most `buffer.size()` bytes and returns how many; 0 means the body is complete. Waits
  /// only on a route with `body: stream`, for at most `limits.read_timeout`. Throws BodyError.
  /// REQUIRES: the buffer is not empty.
  std::size_t read(std::span<char> buffer);

  /// Reads and returns all that has not been read yet. Throws BodyError.
  std::string read_all();

 private:
  friend class Request;
  friend class host::Access;
  explicit Body(Request& request) : request_(&request) {}
  Request* request_;
};

/// One request. Valid until `Module::handle` returns, and so is every string_view and reference
/// that its members return. Not safe for use by several threads at once.
class SHOAL_EXPORT Request {
 public:
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  ~Request();

  /// Returns the method (REQUEST_METHOD), e.g. `GET`.
  std::string_view method() const;

  /// Returns the path of the URL, as the web server decoded it: SCRIPT_NAME followed by PATH_INFO.
  std::string_view path() const;

  /// Returns the rest of `path` after the route and the module's name: empty, or it starts with a
  /// slash.
  std::string_view path_info() const;

  /// Returns the first value of this name in the query string, or nullopt. The value is decoded
  /// (RFC 3986, `+` as space) and may have any bytes: NUL (`%00`) is possible, and UTF-8 is not
  /// checked. A name without `=` has the empty value. A percent sign that does not begin a valid
  /// sequence stays as it is.
  std::optional<std::string> query(std::string_view name) const;

  /// Returns all pairs of the query string, decoded, in order. Empty text between two `&` is
  /// skipped.
  const std::vector<std::pair<std::string, std::string>>& query() const;

  /// Returns the first value of this name in an `application/x-www-form-urlencoded` body, decoded
  /// as `query` does. Returns nullopt when the form has no such name, or the body has another type.
  /// The first call reads the body.
  ///
  /// Throws BodyError when the body cannot be read or has more than 10,000 pairs; later calls then
  /// throw it again. Throws std::logic_error when `body()` was read from before.
  std::optional<std::string> form(std::string_view name);

  /// Returns all pairs of the form, decoded, in order. Throws as above.
  const std::vector<std::pair<std::string, std::string>>& form();

  /// Returns the value of a request header, or nullopt: `header("User-Agent")`. The case of the
  /// name does not matter. An empty Content-Type or Content-Length counts as absent: web servers
  /// pass them empty when the visitor did not send them.
  std::optional<std::string_view> header(std::string_view name) const;

  /// Returns the value of a cookie as it was sent, without quotes around it, or nullopt. When there
  /// are several cookies of this name, the first counts.
  std::optional<std::string_view> cookie(std::string_view name) const;

  /// Returns the raw CGI variable, or nullopt: `param("SERVER_NAME")`.
  std::optional<std::string_view> param(std::string_view name) const;

  /// Returns the visitor's address as the web server saw it (REMOTE_ADDR).
  std::string_view remote_address() const;

  /// Returns the id of this request: 1 to 128 letters, digits, and `._:+/=@-`. Each line of the log
  /// about the request begins with it, also the lines of `context.log()`. It is the CGI variable
  /// REQUEST_ID of the web server; without that, the header X-Request-Id of the visitor; without
  /// both, it is random. Pass it on to the services that you call, so that their logs can be
  /// matched with this one. Do not rely on it being unique: a visitor can choose it.
  std::string_view id() const;

  /// Returns the body, which is read at most once: by it, or by `form`.
  Body& body();

  /// Returns true if the web server has closed the connection or aborted the request. Returns false
  /// if it has only closed its sending half: then it still waits for the answer. Costs one or two
  /// system calls. A handler of a long answer should call it now and then.
  ///
  /// Over TCP the container learns of a closed connection only after it has sent something: such a
  /// handler should also call `Response::flush` now and then. Over a Unix socket it learns at once.
  bool client_gone() const;

  /// Calls another handler of the same snapshot, which adds its part to `response`. Throws
  /// NoSuchModule. Throws std::runtime_error when includes and forwards nest deeper than 32, as
  /// they do when a module includes itself.
  void include(std::string_view module, Response& response);

  /// Calls another handler of the same snapshot, which answers in place of this one. Status,
  /// headers, cookies and body of the answer so far are discarded. Throws as `include` does. Throws
  /// std::logic_error when the head of the answer has been sent.
  void forward(std::string_view module);

 private:
  friend class Body;
  friend class host::Access;
  struct Parts;
  explicit Request(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
  Body body_{*this};
};

}  // namespace shoal
