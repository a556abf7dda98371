#include "cookie.hpp"

#include <algorithm>
#include <stdexcept>

#include "ascii.hpp"
#include "base/printable.hpp"
#include "header_lines.hpp"

namespace shoal {
namespace {

[[noreturn]] void refuse(const Cookie& cookie, const std::string& why) {
  throw std::invalid_argument("cookie \"" + base::printable(cookie.name) + "\": " + why);
}

void require_attribute(const Cookie& cookie, const char* attribute, std::string_view value) {
  const auto ends_attribute = [](char c) { return is_control(c) || c == ';'; };
  if (std::none_of(value.begin(), value.end(), ends_attribute)) return;
  refuse(cookie, std::string("its ") + attribute +
                     " has a control character or a semicolon; encode it, or refuse the input");
}

bool has_prefix(std::string_view name, std::string_view prefix) {
  return same_ignoring_case(name.substr(0, prefix.size()), prefix);
}

/// Throws for a cookie that browsers ignore without an error.
void require_consistent(const Cookie& cookie) {
  if (!cookie.path.empty() && cookie.path.front() != '/') {
    refuse(cookie, "its path does not start with a slash; set it to /, or below");
  }
  if (cookie.max_age && *cookie.max_age < std::chrono::seconds(0)) {
    refuse(cookie, "its max_age is negative; set 0 to delete the cookie");
  }
  if (cookie.same_site == Cookie::SameSite::kNone && !cookie.secure) {
    refuse(cookie, "SameSite=None requires Secure; set secure to true");
  }
  if (has_prefix(cookie.name, "__Secure-") && !cookie.secure) {
    refuse(cookie, "a __Secure- name requires Secure; set secure to true");
  }
  if (has_prefix(cookie.name, "__Host-") &&
      (!cookie.secure || !cookie.domain.empty() || cookie.path != "/")) {
    refuse(cookie,
           "a __Host- name requires secure, the path / and an empty domain; set these three");
  }
}

const char* same_site_attribute(Cookie::SameSite same_site) {
  switch (same_site) {
    case Cookie::SameSite::kStrict:
      return "; SameSite=Strict";
    case Cookie::SameSite::kLax:
      return "; SameSite=Lax";
    case Cookie::SameSite::kNone:
      return "; SameSite=None";
  }
  return "";
}

std::string_view unquoted(std::string_view value) {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return quoted ? value.substr(1, value.size() - 2) : value;
}

}  // namespace

std::string set_cookie_value(const Cookie& cookie) {
  if (!is_token(cookie.name)) {
    refuse(cookie, "its name is not a token (RFC 9110); use letters, digits, - and _");
  }
  require_attribute(cookie, "value", cookie.value);
  require_attribute(cookie, "path", cookie.path);
  require_attribute(cookie, "domain", cookie.domain);
  require_consistent(cookie);

  std::string line = cookie.name + '=' + cookie.value;
  if (!cookie.path.empty()) line += "; Path=" + cookie.path;
  if (!cookie.domain.empty()) line += "; Domain=" + cookie.domain;
  if (cookie.max_age) line += "; Max-Age=" + std::to_string(cookie.max_age->count());
  if (cookie.secure) line += "; Secure";
  if (cookie.http_only) line += "; HttpOnly";
  line += same_site_attribute(cookie.same_site);
  return line;
}

std::optional<std::string_view> find_cookie(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    const std::string_view pair = cookies.substr(0, cookies.find(';'));
    cookies.remove_prefix(std::min(pair.size() + 1, cookies.size()));
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos || trimmed(pair.substr(0, equals)) != name) continue;
    return unquoted(trimmed(pair.substr(equals + 1)));
  }
  return std::nullopt;
}

}  // namespace shoal
