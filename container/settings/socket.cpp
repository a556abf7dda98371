#include "settings/socket.hpp"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "settings/names.hpp"
#include "settings/scalars.hpp"
#include "settings/value_error.hpp"

namespace shoal::settings {
namespace {

constexpr int kHighestDescriptor = 1023;
constexpr const char* kForms = "write unix:PATH, HOST:PORT, \"[::1]:PORT\", fd:0 or systemd";

/// Returns `text` as a number from `least` to `most`; nullopt if it is not one.
std::optional<int> number_within(std::string_view text, int least, int most) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number < least || number > most) return std::nullopt;
  return number;
}

Listen parse_unix(std::string_view path, const std::filesystem::path& folder) {
  Listen listen;
  listen.kind = Listen::Kind::kUnix;
  listen.path = Path{folder}(path);
  constexpr std::size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;
  const std::size_t length = listen.path.native().size();
  if (length > kLongest) {
    throw ValueError("the path " + in_quotes(listen.path.native()) + " is " +
                     std::to_string(length) + " bytes long; choose one of at most " +
                     std::to_string(kLongest) + " bytes");
  }
  return listen;
}

Listen parse_descriptor(std::string_view number) {
  const auto descriptor = number_within(number, 0, kHighestDescriptor);
  if (!descriptor)
    throw ValueError(in_quotes(number) + " is not a file descriptor; write a number from 0 to " +
                     std::to_string(kHighestDescriptor) + ", as in fd:0");
  Listen listen;
  listen.kind = Listen::Kind::kDescriptor;
  listen.descriptor = *descriptor;
  return listen;
}

Listen parse_systemd() {
  Listen listen;
  listen.kind = Listen::Kind::kSystemd;
  return listen;
}

bool is_host_name(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return is_plain_name(std::string_view(&c, 1)) || c == '.';
  });
}

/// Returns the host of `HOST:PORT` without its brackets.
std::string parse_host(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) {
    const std::string inner(host.substr(1, host.size() - 2));
    const std::string address = inner.substr(0, inner.find('%'));  // fe80::1%eth0
    if (address.find(':') != std::string::npos && shortest_address(address)) return inner;
    throw ValueError(in_quotes(inner) + " is not an IPv6 address; write one, as in \"[::1]:9000\"");
  }
  if (host.find(':') != std::string_view::npos) {
    throw ValueError(
        in_quotes(host) +
        " has colons; write an IPv6 address in brackets, and the whole in quotes, as in " +
        "\"[::1]:9000\"");
  }
  if (!is_host_name(host)) {
    throw ValueError(in_quotes(host) +
                     " is not a host; write a name or an address, as in 127.0.0.1:9000, or " +
                     "0.0.0.0:9000 for all IPv4 addresses");
  }
  // A name is never digits and dots alone: that is a mistyped address.
  if (host.find_first_not_of("0123456789.") == std::string_view::npos && !shortest_address(host)) {
    throw ValueError(in_quotes(host) +
                     " is not an IPv4 address; write four numbers up to 255, as in " +
                     "127.0.0.1:9000");
  }
  return std::string(host);
}

Listen parse_tcp(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    throw ValueError(in_quotes(text) + " is not a socket; " + kForms);
  }
  const auto port = number_within(text.substr(colon + 1), 1, 65'535);
  if (!port) {
    throw ValueError(in_quotes(text.substr(colon + 1)) +
                     " is not a port; write a number from 1 to 65535");
  }
  Listen listen;
  listen.kind = Listen::Kind::kTcp;
  listen.host = parse_host(text.substr(0, colon));
  listen.port = static_cast<std::uint16_t>(*port);
  return listen;
}

}  // namespace

Listen parse_socket(std::string_view text, const std::filesystem::path& folder) {
  constexpr std::string_view kUnix = "unix:";
  constexpr std::string_view kDescriptor = "fd:";
  if (text == "systemd") return parse_systemd();
  if (text.starts_with(kUnix)) return parse_unix(text.substr(kUnix.size()), folder);
  if (text.starts_with(kDescriptor)) return parse_descriptor(text.substr(kDescriptor.size()));
  if (text.find('/') != std::string_view::npos) {
    throw ValueError(in_quotes(text) + " is not a socket; write unix: in front of a path");
  }
  return parse_tcp(text);
}

std::string identity_of(const Listen& listen) {
  if (listen.kind == Listen::Kind::kUnix) return "unix:" + listen.path.native();
  if (listen.kind == Listen::Kind::kDescriptor) return "fd:" + std::to_string(listen.descriptor);
  if (listen.kind == Listen::Kind::kSystemd) return "systemd";
  std::string host = shortest_address(listen.host).value_or(listen.host);
  std::ranges::transform(host, host.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return host + "|" + std::to_string(listen.port);
}

std::optional<std::string> shortest_address(std::string_view text) {
  const std::string address(text);
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  std::array<char, INET6_ADDRSTRLEN> shown{};
  for (const int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, address.c_str(), bytes.data()) != 1) continue;
    return inet_ntop(family, bytes.data(), shown.data(), shown.size());
  }
  return std::nullopt;
}

}  // namespace shoal::settings
