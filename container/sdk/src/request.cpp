#include "shoal/request.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "ascii.hpp"
#include "base/printable.hpp"
#include "cookie.hpp"
#include "request_parts.hpp"

namespace shoal {
namespace {

constexpr int kMaxNesting = 32;

/// Returns the CGI variable of a request header: HTTP_USER_AGENT for User-Agent.
std::string variable_of(std::string_view header) {
  std::string name = "HTTP_";
  for (const char c : header) name += c == '-' ? '_' : to_upper(c);
  return name;
}

std::optional<std::string> first_value(const Pairs& pairs, std::string_view name) {
  for (const auto& [key, value] : pairs) {
    if (key == name) return value;
  }
  return std::nullopt;
}

/// Counts one level of handlers that call handlers, as long as it lives.
class Nesting {
 public:
  Nesting(int& depth, std::string_view module) : depth_(depth) {
    if (depth >= kMaxNesting) {
      throw std::runtime_error(
          base::printable(module) + ": includes and forwards nest deeper than " +
          std::to_string(kMaxNesting) + "; check whether a module includes itself");
    }
    ++depth_;
  }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;
  ~Nesting() { --depth_; }

 private:
  int& depth_;
};

}  // namespace

void Request::Parts::call(std::string_view module, Request& request, Response& into) {
  if (!call_handler) {
    throw NoSuchModule(base::printable(module) + ": no handler of this name is loaded");
  }
  const Nesting nesting(depth, module);
  call_handler(module, request, into);
}

Request::Request(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Request::~Request() = default;

std::string_view Request::method() const { return parts_->param_or_empty("REQUEST_METHOD"); }

std::string_view Request::path() const { return parts_->path; }

std::string_view Request::path_info() const { return parts_->path_info; }

std::string_view Request::id() const { return parts_->id; }

std::string_view Request::remote_address() const { return parts_->param_or_empty("REMOTE_ADDR"); }

std::optional<std::string> Request::query(std::string_view name) const {
  return first_value(query(), name);
}

const std::vector<std::pair<std::string, std::string>>& Request::query() const {
  if (!parts_->query) parts_->query = decode_pairs(parts_->param_or_empty("QUERY_STRING"));
  return *parts_->query;
}

std::optional<std::string> Request::form(std::string_view name) {
  return first_value(form(), name);
}

const std::vector<std::pair<std::string, std::string>>& Request::form() {
  if (parts_->form) return *parts_->form;
  if (!parts_->form_error.empty()) throw BodyError(parts_->form_error);
  if (!is_form(parts_->param_or_empty("CONTENT_TYPE"))) return parts_->form.emplace();
  if (parts_->body_begun) {
    throw std::logic_error(
        "form: the handler has read from the body before; use either form() or body()");
  }
  try {
    Pairs pairs = decode_pairs(body_.read_all(), kMaxFormPairs + 1);
    if (pairs.size() > kMaxFormPairs) {
      throw BodyError("the form has more than " + std::to_string(kMaxFormPairs) + " pairs");
    }
    return parts_->form.emplace(std::move(pairs));
  } catch (const BodyError& error) {
    parts_->form_error = error.what();
    throw;
  }
}

std::optional<std::string_view> Request::header(std::string_view name) const {
  const bool unprefixed =
      same_ignoring_case(name, "Content-Type") || same_ignoring_case(name, "Content-Length");
  if (!unprefixed) return param(variable_of(name));
  const auto value = param(std::string_view(variable_of(name)).substr(sizeof "HTTP_" - 1));
  return value && value->empty() ? std::nullopt : value;
}

std::optional<std::string_view> Request::cookie(std::string_view name) const {
  return find_cookie(parts_->param_or_empty("HTTP_COOKIE"), name);
}

std::optional<std::string_view> Request::param(std::string_view name) const {
  return parts_->exchange.param(name);
}

Body& Request::body() { return body_; }

bool Request::client_gone() const { return parts_->exchange.peer_gone(); }

void Request::include(std::string_view module, Response& response) {
  parts_->call(module, *this, response);
}

void Request::forward(std::string_view module) {
  host::Access::reset(parts_->response);
  parts_->call(module, *this, parts_->response);
}

std::uint64_t Body::length() const {
  const std::string_view text = request_->parts_->param_or_empty("CONTENT_LENGTH");
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return error == std::errc() && end == text.data() + text.size() ? length : 0;
}

std::size_t Body::read(std::span<char> buffer) {
  request_->parts_->body_begun = true;
  return request_->parts_->exchange.read(buffer);
}

std::string Body::read_all() {
  std::string all;
  std::array<char, 8192> piece;
  // Grows with what arrives: the announced length may be larger than what comes.
  while (const std::size_t size = read(piece)) all.append(piece.data(), size);
  return all;
}

}  // namespace shoal
