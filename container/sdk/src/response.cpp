#include "shoal/response.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "ascii.hpp"
#include "cookie.hpp"
#include "draft.hpp"
#include "html.hpp"

namespace shoal {
namespace {

void require_status(int code, int lowest, int highest) {
  if (code >= lowest && code <= highest) return;
  throw std::invalid_argument("status " + std::to_string(code) + ": not allowed here; use " +
                              std::to_string(lowest) + " to " + std::to_string(highest));
}

void require_redirect(std::string_view location, int code) {
  if (code != 301 && code != 302 && code != 303 && code != 307 && code != 308) {
    throw std::invalid_argument("redirect: status " + std::to_string(code) +
                                " does not redirect; use 301, 302, 303, 307 or 308");
  }
  if (location.empty()) throw std::invalid_argument("redirect: the location is empty; give a URL");
  if (std::any_of(location.begin(), location.end(), is_control)) {
    throw std::invalid_argument(
        "redirect: the location has control characters; percent-encode them, or refuse the input");
  }
}

void require_allowed(std::string_view name, std::string_view value) {
  if (same_ignoring_case(name, "Status")) {
    throw std::invalid_argument("header \"Status\": cannot be set as a header; use status()");
  }
  if (!same_ignoring_case(name, "Content-Length")) return;
  const bool number = !value.empty() && value.find_first_not_of("0123456789") == value.npos;
  if (number) return;
  throw std::invalid_argument("header \"Content-Length\": the value is not a number; give bytes");
}

}  // namespace

Response::Response(std::unique_ptr<Draft> draft) : draft_(std::move(draft)) {}
Response::~Response() = default;

Response& Response::status(int code) {
  draft_->require_unsent("status");
  require_status(code, 200, 599);
  draft_->status = code;
  return *this;
}

int Response::status() const { return draft_->status; }

Response& Response::header(std::string_view name, std::string_view value) {
  draft_->require_unsent("header");
  require_allowed(name, value);
  draft_->headers.set(name, value);
  return *this;
}

Response& Response::cookie(const Cookie& cookie) {
  draft_->require_unsent("cookie");
  draft_->headers.add("Set-Cookie", set_cookie_value(cookie));
  return *this;
}

bool Response::write(std::string_view text) { return draft_->write(text); }

bool Response::flush() {
  if (!draft_->head_sent) draft_->send_head(false);
  if (!draft_->peer_gone) draft_->peer_gone = !draft_->exchange.flush();
  return !draft_->peer_gone;
}

void Response::text(std::string_view text) { draft_->write_as("text/plain; charset=utf-8", text); }

void Response::html(std::string_view html) { draft_->write_as("text/html; charset=utf-8", html); }

void Response::json(std::string_view json) { draft_->write_as("application/json", json); }

void Response::redirect(std::string_view location, int code) {
  draft_->require_unsent("redirect");
  require_redirect(location, code);
  draft_->discard_body();
  draft_->status = code;
  draft_->headers.set("Location", location);
}

void Response::error(int code, std::string_view message) {
  draft_->require_unsent("error");
  require_status(code, 400, 599);
  draft_->discard_body();
  draft_->status = code;
  html(error_page(code, message));
}

bool Response::head_sent() const { return draft_->head_sent; }

}  // namespace shoal
