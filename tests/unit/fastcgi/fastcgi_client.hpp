#pragma once

#include <arpa/inet.h>
#include <fastcgi.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"

namespace shoal::test {

using Params = std::vector<std::pair<std::string, std::string>>;

/// One FastCGI record: 8 bytes of header, then the content, padded by `padding` zeros.
inline std::string record(int type, std::string_view content, int id = 1, int padding = 0) {
  const auto byte = [](std::size_t value) { return static_cast<char>(value & 0xff); };
  std::string bytes{FCGI_VERSION_1,
                    byte(type),
                    byte(id >> 8),
                    byte(id),
                    byte(content.size() >> 8),
                    byte(content.size()),
                    byte(padding),
                    0};
  return bytes.append(content).append(static_cast<std::size_t>(padding), '\0');
}

/// A stream of that type: as many records as it takes, then the empty one that ends it.
inline std::string stream(int type, std::string_view content) {
  constexpr std::size_t kMost = 65'535;
  std::string bytes;
  for (; !content.empty(); content.remove_prefix(std::min(kMost, content.size())))
    bytes += record(type, content.substr(0, kMost));
  return bytes + record(type, "");
}

inline std::string begin(bool keep, int role = FCGI_RESPONDER) {
  const char flags = keep ? FCGI_KEEP_CONN : 0;
  return record(FCGI_BEGIN_REQUEST, std::string{0, static_cast<char>(role), flags, 0, 0, 0, 0, 0});
}

inline std::string pairs(const Params& params) {
  std::string bytes;
  const auto length = [&bytes](std::size_t size) {
    if (size > 127)
      for (int shift : {24, 16, 8})
        bytes += static_cast<char>((size >> shift & 0xff) | (shift == 24 ? 0x80 : 0));
    bytes += static_cast<char>(size & 0xff);
  };
  for (const auto& [name, value] : params) {
    length(name.size());
    length(value.size());
    bytes += name + value;
  }
  return bytes;
}

/// A whole request, as a web server sends it.
inline std::string request(const Params& params, std::string_view body = "", bool keep = true) {
  return begin(keep) + stream(FCGI_PARAMS, pairs(params)) + stream(FCGI_STDIN, body);
}

/// A request with a body and its CONTENT_LENGTH.
inline std::string post(std::string_view body, bool keep = true) {
  return request({{"CONTENT_LENGTH", std::to_string(body.size())}}, body, keep);
}

struct Answer {
  std::string text;       ///< all of stdout
  bool complete = false;  ///< FCGI_END_REQUEST came
};

/// The web server's end of a FastCGI connection. It waits up to 20 s for anything.
class FastCgiClient {
 public:
  /// `unix:PATH`, `127.0.0.1:PORT` or `[::1]:PORT`, as Listener::name says it.
  explicit FastCgiClient(const std::string& address) : socket_(connect_to(address)) {
    const timeval patience{20, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }

  /// False when the container has closed the connection.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Returns the type and content of the next record; nullopt if the container has disconnected.
  std::optional<std::pair<int, std::string>> receive() {
    const std::string header = read(FCGI_HEADER_LEN);
    if (header.size() < FCGI_HEADER_LEN) return std::nullopt;
    const auto byte = [&header](std::size_t at) { return static_cast<unsigned char>(header[at]); };
    const auto size = static_cast<std::size_t>(byte(4) << 8 | byte(5));
    std::string content = read(size + byte(6));
    if (content.size() < size + byte(6)) return std::nullopt;
    content.resize(size);
    return std::pair{int{byte(1)}, std::move(content)};
  }

  Answer answer() {
    Answer answer;
    while (const auto next = receive()) {
      if (next->first == FCGI_STDOUT) answer.text += next->second;
      if (next->first == FCGI_END_REQUEST) {
        answer.complete = true;
        break;
      }
    }
    return answer;
  }

  std::string ask(std::string_view bytes) {
    send(bytes);
    return answer().text;
  }

  /// Waits for the container to close its end; what came before that is dropped.
  bool sees_close() {
    char away[4'096];
    ssize_t size = 0;
    do size = ::recv(socket_.get(), away, sizeof away, 0);
    while (size > 0);
    return size == 0 || errno == ECONNRESET;
  }

  /// Whether the connection is open and silent at this moment.
  bool is_open() const {
    pollfd own{socket_.get(), POLLIN | POLLRDHUP, 0};
    return ::poll(&own, 1, 0) == 0;
  }

  void finish_sending() { ::shutdown(socket_.get(), SHUT_WR); }

  void leave() { socket_ = base::Descriptor(); }

  /// For socket options and the like.
  int descriptor() const { return socket_.get(); }

 private:
  std::string read(std::size_t size) {
    std::string bytes(size, '\0');
    const ssize_t got =
        size == 0 ? 0 : ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_WAITALL);
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return bytes;
  }

  static base::Descriptor connect_to(const std::string& address) {
    if (address.starts_with("unix:")) {
      sockaddr_un name{};
      name.sun_family = AF_UNIX;
      std::strncpy(name.sun_path, address.c_str() + 5, sizeof name.sun_path - 1);
      return connect_to(AF_UNIX, &name, sizeof name, address);
    }
    const std::size_t colon = address.rfind(':');
    std::string host = address.substr(0, colon);
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), address.c_str() + colon + 1, &wanted, &found) != 0)
      throw std::runtime_error(address + ": not an address");
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found, ::freeaddrinfo);
    return connect_to(found->ai_family, found->ai_addr, found->ai_addrlen, address);
  }

  static base::Descriptor connect_to(int family, const void* name, socklen_t size,
                                     const std::string& address) {
    base::Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(socket.get(), static_cast<const sockaddr*>(name), size) != 0)
      throw std::runtime_error(address + ": " + std::strerror(errno));
    return socket;
  }

  base::Descriptor socket_;
};

}  // namespace shoal::test
