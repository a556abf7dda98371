#pragma once

#include <fastcgi.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The bytes that fcgi_load sends and understands.
namespace bench {

struct Wanted {
  std::string path = "/hello";
  std::vector<std::string> params;  // NAME=VALUE, added to those of nginx
  bool keep_connection = true;
};

inline std::string record(int type, const std::string& content) {
  const auto byte = [](std::size_t value) { return static_cast<char>(value); };
  const char header[FCGI_HEADER_LEN] = {
      FCGI_VERSION_1, byte(type), 0, 1, byte(content.size() >> 8), byte(content.size())};
  return std::string(header, sizeof header) + content;
}

inline void append_length(std::string& to, std::size_t length) {
  if (length >= 128) {
    to += static_cast<char>(0x80 | length >> 24);
    to += static_cast<char>(length >> 16);
    to += static_cast<char>(length >> 8);
  }
  to += static_cast<char>(length);
}

/// Returns a request with the parameters that nginx sends with its fastcgi_params.
inline std::string request_of(const Wanted& wanted) {
  std::vector<std::pair<std::string, std::string>> params = {
      {"QUERY_STRING", ""},
      {"REQUEST_METHOD", "GET"},
      {"CONTENT_TYPE", ""},
      {"CONTENT_LENGTH", ""},
      {"SCRIPT_NAME", wanted.path},
      {"REQUEST_URI", wanted.path},
      {"DOCUMENT_URI", wanted.path},
      {"DOCUMENT_ROOT", "/usr/share/nginx/html"},
      {"SERVER_PROTOCOL", "HTTP/1.1"},
      {"REQUEST_SCHEME", "http"},
      {"GATEWAY_INTERFACE", "CGI/1.1"},
      {"SERVER_SOFTWARE", "nginx/1.22.1"},
      {"REMOTE_ADDR", "127.0.0.1"},
      {"REMOTE_PORT", "40000"},
      {"REMOTE_USER", ""},
      {"SERVER_ADDR", "127.0.0.1"},
      {"SERVER_PORT", "80"},
      {"SERVER_NAME", "localhost"},
      {"REDIRECT_STATUS", "200"},
      {"HTTP_HOST", "127.0.0.1:8080"},
      {"HTTP_USER_AGENT", "load"},
  };
  for (const auto& param : wanted.params) {
    const auto equals = param.find('=');
    if (equals == std::string::npos) throw std::runtime_error(param + ": give NAME=VALUE");
    params.emplace_back(param.substr(0, equals), param.substr(equals + 1));
  }
  std::string pairs;
  for (const auto& [name, value] : params) {
    append_length(pairs, name.size());
    append_length(pairs, value.size());
    pairs += name + value;
  }
  std::string begin(sizeof(FCGI_BeginRequestBody), '\0');
  begin[1] = FCGI_RESPONDER;
  begin[2] = wanted.keep_connection ? FCGI_KEEP_CONN : 0;
  return record(FCGI_BEGIN_REQUEST, begin) + record(FCGI_PARAMS, pairs) + record(FCGI_PARAMS, "") +
         record(FCGI_STDIN, "");
}

/// Returns true if the records end with END_REQUEST.
inline bool is_complete(std::string_view answer) {
  while (answer.size() >= FCGI_HEADER_LEN) {
    const auto byte = [&](int i) { return std::size_t{static_cast<unsigned char>(answer[i])}; };
    const std::size_t size = FCGI_HEADER_LEN + (byte(4) << 8) + byte(5) + byte(6);
    if (size > answer.size()) return false;
    if (byte(1) == FCGI_END_REQUEST) return true;
    answer.remove_prefix(size);
  }
  return false;
}

/// Returns true if the status is 2xx. An answer without a status is a 200.
inline bool is_success(std::string_view answer) {
  constexpr std::string_view kStatus = "Status: ";
  const auto at = answer.find(kStatus);
  return at == std::string_view::npos || answer.substr(at + kStatus.size()).starts_with('2');
}

}  // namespace bench
