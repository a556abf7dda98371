#include "supervisor/health_request.hpp"

#include <algorithm>

namespace shoal::supervisor {
namespace {

constexpr int kBadRequest = 400;
constexpr int kMethodNotAllowed = 405;
constexpr int kHeadTooLong = 431;
constexpr int kVersionNotSupported = 505;

std::string_view name_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 404:
      return "Not Found";
    case kMethodNotAllowed:
      return "Method Not Allowed";
    case kHeadTooLong:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case kVersionNotSupported:
      return "HTTP Version Not Supported";
    default:
      return "Bad Request";
  }
}

/// Takes the text up to a line feed from `rest`, and returns it without its line ending. Returns
/// nullopt when there is no line feed.
std::optional<std::string_view> next_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = rest.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  rest.remove_prefix(end + 1);
  return line;
}

/// Takes the text up to a space from `rest`, and the space, too.
std::string_view next_word(std::string_view& rest) {
  const auto end = std::min(rest.find(' '), rest.size());
  const auto word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_visible(char c) { return c > ' ' && c < 0x7f; }

/// `/ready` of `/ready?x=1` and of `http://machine:9001/ready`.
std::string_view path_of(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  if (target.starts_with(kScheme)) {
    target.remove_prefix(std::min(target.find('/', kScheme.size()), target.size()));
  }
  return target.substr(0, target.find('?'));
}

HealthRequest read_request_line(std::string_view line) {
  const auto method = next_word(line);
  const auto target = next_word(line);
  const auto version = line;
  const bool is_http = version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.';
  if (method.empty() || target.empty() || !is_http || !std::ranges::all_of(method, is_upper) ||
      !std::ranges::all_of(target, is_visible)) {
    return {.refusal = kBadRequest};
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return {.refusal = kVersionNotSupported};
  const bool head_only = method == "HEAD";
  if (method != "GET" && !head_only) return {.refusal = kMethodNotAllowed};
  return {.head_only = head_only, .path = std::string(path_of(target))};
}

}  // namespace

std::optional<HealthRequest> read_health_request(std::string_view arrived) {
  std::string_view rest = arrived.substr(0, kLongestHead);
  const auto first = next_line(rest);
  auto line = first;
  while (line && !line->empty()) line = next_line(rest);
  if (line) return read_request_line(*first);
  if (arrived.size() >= kLongestHead) return HealthRequest{.refusal = kHeadTooLong};
  return std::nullopt;
}

std::string health_answer(int status, std::string_view line, bool head_only) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " ";
  text.append(name_of(status)).append("\r\n");
  if (status == kMethodNotAllowed) text += "Allow: GET, HEAD\r\n";
  text += "Content-Type: text/plain; charset=utf-8\r\nContent-Length: " +
          std::to_string(line.size() + 1) +
          "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
  if (!head_only) text.append(line).append("\n");
  return text;
}

}  // namespace shoal::supervisor
