#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "shoal/export.hpp"

namespace shoal {

namespace host {
class Access;
}

/// A cookie to set, with its attributes (RFC 6265). The defaults are safe:
/// `response.cookie({.name = "theme", .value = "dark"})`.
struct Cookie {
  enum class SameSite { kStrict, kLax, kNone };

  std::string name{};
  std::string value{};
  std::string path = "/";
  std::string domain{};                           ///< empty: the host of the request, no others
  std::optional<std::chrono::seconds> max_age{};  ///< nullopt: until the browser ends; 0: delete
  bool secure = false;                            ///< only over https; SameSite::kNone needs this
  bool http_only = true;                          ///< hidden from scripts
  SameSite same_site = SameSite::kLax;
};

/// The answer to one request. Valid until `Module::handle` returns. Not safe for use by several
/// threads at once.
///
/// The first 32 KiB of the body are held back. A shorter answer is sent as a whole, with a
/// Content-Length. A longer answer, and one for which the handler calls `flush`, is sent in pieces.
/// Status and headers can change until the head is sent.
///
/// Answers to HEAD, and answers with status 204 or 304, are sent without a body, whatever the
/// handler writes. A body without a Content-Type is sent as `text/html; charset=utf-8`.
class SHOAL_EXPORT Response {
 public:
  Response(const Response&) = delete;
  Response& operator=(const Response&) = delete;
  ~Response();

  /// Sets the HTTP status, which is 200 otherwise. Throws std::invalid_argument when `code` is not
  /// within 200..599, and std::logic_error when the head has been sent.
  Response& status(int code);
  /// Returns the HTTP status as it stands now.
  int status() const;

  /// Sets a header, and replaces all headers of the same name. Throws std::invalid_argument when
  /// the name is not a token (RFC 9110), the value has CR, LF or NUL, the name is `Status` (use
  /// `status`), or the value of a Content-Length is not a number. Throws std::logic_error when the
  /// head has been sent.
  ///
  /// Set a Content-Length only for answers longer than 32 KiB: shorter ones get the right one.
  Response& header(std::string_view name, std::string_view value);

  /// Adds a Set-Cookie header. Throws std::invalid_argument when
  /// - the name is not a token (RFC 9110);
  /// - the value, path or domain has a control character or a semicolon;
  /// - the path does not start with a slash;
  /// - max_age is negative;
  /// - SameSite::kNone, or a name that starts with `__Secure-`, is without `secure`;
  /// - a name starts with `__Host-`, and the cookie is without `secure`, has a domain, or has
  ///   another path than `/`. Throws std::logic_error when the head has been sent.
  Response& cookie(const Cookie& cookie);

  /// Appends to the body. Returns false when the client has disconnected, when the answer was cut
  /// off, or when the head of an answer without a body has been sent. A handler should then stop
  /// working.
  ///
  /// What the web server does not take at once is buffered. `write` waits while that is more than
  /// 256 KiB. When the handler has returned, the container sends the rest, and the thread is free.
  /// An answer is cut off when the web server takes nothing of it for `limits.write_timeout`. While
  /// more than 64 MiB of finished answers wait in a process, the slowest of them are cut off, too.
  bool write(std::string_view text);

  /// Sends the head and all that has been written so far, and waits until the web server has taken
  /// it: at most `limits.write_timeout` without progress, then the answer is cut off. Returns false
  /// when the client has disconnected, or the answer was cut off.
  bool flush();

  /// Appends to the body as `write` does, and sets the Content-Type unless it is set already:
  /// `text/plain; charset=utf-8`, `text/html; charset=utf-8` or `application/json`.
  void text(std::string_view text);
  void html(std::string_view html);
  void json(std::string_view json);

  /// Redirects the visitor to `location`, a URL in ASCII that is percent-encoded already. `code` is
  /// 301, 302, 303, 307 or 308. Discards the body so far and the headers that describe it:
  /// Content-Type, -Length, -Encoding, -Disposition, -Language, -Location and -Range, ETag and
  /// Last-Modified. Other headers and cookies stay.
  ///
  /// Throws std::invalid_argument for another code, and when the location is empty or has control
  /// characters. Throws std::logic_error when the head has been sent.
  void redirect(std::string_view location, int code = 302);

  /// Answers with a small error page: the status with its standard phrase and, unless it is empty,
  /// `message`, which is escaped. Discards what `redirect` discards. Throws std::invalid_argument
  /// when `code` is not within 400..599, and std::logic_error when the head has been sent.
  void error(int code, std::string_view message = {});

  /// Returns true if the head has been sent: status and headers can no longer change.
  bool head_sent() const;

 private:
  friend class host::Access;
  struct Draft;
  explicit Response(std::unique_ptr<Draft> draft);
  std::unique_ptr<Draft> draft_;
};

/// Returns `text` with & < > " ' replaced by character references, which makes it safe inside HTML
/// text and quoted attributes.
SHOAL_EXPORT std::string escape_html(std::string_view text);

}  // namespace shoal
