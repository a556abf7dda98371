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

/// A cookie to set, with its attributes (RFC 6265). The defaults are the safe ones:
/// `response.cookie({.name = "theme", .value = "dark"})`.
struct Cookie {
  enum class SameSite { kStrict, kLax, kNone };

  std::string name{};
  std::string value{};
  std::string path = "/";
  std::string domain{};                           ///< empty: the host that was asked
  std::optional<std::chrono::seconds> max_age{};  ///< none: until the browser closes; 0: delete
  bool secure = false;                            ///< only over https; SameSite::kNone requires it
  bool http_only = true;                          ///< hidden from scripts
  SameSite same_site = SameSite::kLax;
};

/// The answer to one request. Lives as long as the call of `Module::handle`; used by the one thread
/// that handles it.
///
/// What is written is held back up to 32 KiB. An answer that ends within that gets a
/// Content-Length; a longer one, or one that calls `flush`, is sent as it grows. Until the head is
/// sent everything about the answer may still change. HEAD, 204 and 304 answers carry no body,
/// whatever is written. A body without a Content-Type goes out as `text/html; charset=utf-8`.
class SHOAL_EXPORT Response {
 public:
  Response(const Response&) = delete;
  Response& operator=(const Response&) = delete;
  ~Response();

  /// The HTTP status, 200 unless set. Throws std::invalid_argument outside 200..599 and
  /// std::logic_error when the head has been sent.
  Response& status(int code);
  int status() const;

  /// Sets a header, replacing one of the same name. Throws std::invalid_argument when the name is
  /// no token (RFC 9110), the value has CR, LF or NUL, the name is `Status` (use `status`), or a
  /// Content-Length is no number; std::logic_error when the head has been sent.
  ///
  /// A Content-Length is only needed for answers longer than 32 KiB: shorter ones get the true one.
  Response& header(std::string_view name, std::string_view value);

  /// Adds a Set-Cookie header. Throws std::invalid_argument when the name is no token; the value,
  /// path or domain has a control character or a semicolon; the path does not start with a slash;
  /// max_age is negative; or attributes contradict (SameSite::kNone or a `__Secure-` name without
  /// `secure`, a `__Host-` name with a domain or another path than `/`). std::logic_error when the
  /// head has been sent.
  Response& cookie(const Cookie& cookie);

  /// Appends to the body. False once nobody takes more: the visitor has left, or the answer has no
  /// body and its head has been sent. Stop working then.
  bool write(std::string_view text);

  /// Sends what has been written so far, head included. False once the visitor has left.
  bool flush();

  /// `write` with the Content-Type that goes with it, UTF-8, unless one has been set before.
  void text(std::string_view text);
  void html(std::string_view html);
  void json(std::string_view json);

  /// Sends the visitor elsewhere: 302 unless `code` says otherwise (301, 303, 307, 308). `location`
  /// is a URL in ASCII, already percent-encoded. What was written so far is dropped, with the
  /// headers that describe it (Content-Type and its like, ETag, Last-Modified); others and cookies
  /// stay. Throws std::invalid_argument for another code, or when the location is empty or has
  /// control characters; std::logic_error when the head has been sent.
  void redirect(std::string_view location, int code = 302);

  /// A small error page: the status with its standard phrase and, if given, a sentence for the
  /// visitor (escaped). Drops and throws as `redirect` does; `code` is within 400..599.
  void error(int code, std::string_view message = {});

  /// Whether the head is on its way: status and headers are fixed from here on.
  bool head_sent() const;

 private:
  friend class host::Access;
  struct Draft;
  explicit Response(std::unique_ptr<Draft> draft);
  std::unique_ptr<Draft> draft_;
};

/// `text` with & < > " ' as character references: safe inside HTML text and quoted attributes.
SHOAL_EXPORT std::string escape_html(std::string_view text);

}  // namespace shoal
