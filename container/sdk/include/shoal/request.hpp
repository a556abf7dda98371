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

/// The visitor's body could not be read: it ended before CONTENT_LENGTH bytes, stalled for longer
/// than `limits.read_timeout`, or is no valid form; not caught, it is answered with 400. Or it told
/// no length and is over `limits.body`; not caught, that is answered with 413.
class SHOAL_EXPORT BodyError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  ~BodyError() override;
};

/// No handler of this name is in the snapshot. Not caught, it is answered with 500.
class SHOAL_EXPORT NoSuchModule : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  ~NoSuchModule() override;
};

/// The body of a request, read once from front to back, in pieces; never held in memory as a whole
/// unless `read_all` is asked to. At most `limits.body` bytes: what announces more is answered with
/// 413 before a handler sees it; what announces nothing and is more throws when that is read.
class SHOAL_EXPORT Body {
 public:
  /// CONTENT_LENGTH as announced, in bytes; 0 when there is no body, and when its length was not
  /// announced: a body sent in chunks, if the web server passes it on as it comes.
  std::uint64_t length() const;

  /// Fills up to `buffer.size()` bytes and returns how many; 0 means the body is complete. Blocks
  /// up to `limits.read_timeout`. Throws BodyError. REQUIRES: the buffer is not empty.
  std::size_t read(std::span<char> buffer);

  /// All that has not been read yet. Throws BodyError.
  std::string read_all();

 private:
  friend class Request;
  friend class host::Access;
  explicit Body(Request& request) : request_(&request) {}
  Request* request_;
};

/// One request. Lives as long as the call of `Module::handle`; every string_view it gives lives as
/// long as the request. Used by the one thread that handles it.
class SHOAL_EXPORT Request {
 public:
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  ~Request();

  /// REQUEST_METHOD, e.g. `GET`.
  std::string_view method() const;

  /// The path of the URL, decoded by the web server: SCRIPT_NAME followed by PATH_INFO.
  std::string_view path() const;

  /// What the route and the module's name left of `path`: empty or starting with a slash.
  std::string_view path_info() const;

  /// The first value of this name in the query string, decoded (RFC 3986, `+` as space). A name
  /// without `=` has the empty value. Decoded bytes may be any, NUL (`%00`) included and UTF-8 not
  /// checked; a percent sign that begins no valid sequence stands for itself.
  std::optional<std::string> query(std::string_view name) const;

  /// Every pair of the query string, decoded, in order; what is empty between two `&` is none.
  const std::vector<std::pair<std::string, std::string>>& query() const;

  /// The first value of this name in an `application/x-www-form-urlencoded` body. The first call
  /// reads the body. No value when the body is of another type. Throws BodyError, also for a form
  /// of more than 10,000 pairs, and again on every later call; std::logic_error when `body()` has
  /// been read from before.
  std::optional<std::string> form(std::string_view name);

  /// Every pair of the form, decoded, in order.
  const std::vector<std::pair<std::string, std::string>>& form();

  /// A request header by its name, case-insensitive: `header("User-Agent")`. Content-Type and
  /// Content-Length that are empty are none: web servers pass them so when the visitor sent none.
  std::optional<std::string_view> header(std::string_view name) const;

  /// The value of a cookie, as sent; quotes around it removed. The first, if sent more than once.
  std::optional<std::string_view> cookie(std::string_view name) const;

  /// The raw CGI variable, e.g. `param("SERVER_NAME")`.
  std::optional<std::string_view> param(std::string_view name) const;

  /// REMOTE_ADDR: the visitor's address as the web server saw it.
  std::string_view remote_address() const;

  /// What every line of the log about this request begins with, what `context.log()` writes
  /// included: 1 to 128 letters, digits, and `._:+/=@-`. It is REQUEST_ID of the web server if
  /// there is such a variable, else X-Request-Id of the visitor, else random. Hand it on to
  /// services that you ask, so that their logs can be matched; do not rely on it being unique.
  std::string_view id() const;

  Body& body();

  /// Whether the web server has closed the connection or aborted the request. One system call; ask
  /// now and then in long answers.
  bool client_gone() const;

  /// Has another handler of the same snapshot write its part into `response`. Throws NoSuchModule,
  /// and std::runtime_error when includes nest deeper than 32 (a module that includes itself).
  void include(std::string_view module, Response& response);

  /// Has another handler of the same snapshot answer in place of this one. What was answered so far
  /// is dropped: status, headers, cookies and body. Throws as `include` does, and std::logic_error
  /// when the head of the answer has been sent.
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
