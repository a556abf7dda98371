#include "fastcgi/values.hpp"

#include <fastcgi.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace shoal::fastcgi {
namespace {

using Header = std::array<unsigned char, FCGI_HEADER_LEN>;

constexpr std::size_t kMostAsked = 512;  // bytes; all the names that there are need 48

/// Takes a name or value's length off the front: one byte, or four that begin with a set bit.
std::optional<std::size_t> take_length(std::string_view& pairs) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(pairs[i]); };
  if (pairs.empty()) return std::nullopt;
  if (byte(0) < 0x80) {
    const std::size_t length = byte(0);
    pairs.remove_prefix(1);
    return length;
  }
  if (pairs.size() < 4) return std::nullopt;
  const std::size_t length = (byte(0) & 0x7fU) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
  pairs.remove_prefix(4);
  return length;
}

/// Whether a web server asks if it may have several requests at once on one connection. Of what
/// else it may ask, how many connections and requests we take, there is no number to tell.
bool asks_for_multiplexing(std::string_view pairs) {
  for (;;) {
    const auto name = take_length(pairs);
    const auto value = take_length(pairs);
    if (!name || !value || *name + *value > pairs.size()) return false;
    if (pairs.substr(0, *name) == FCGI_MPXS_CONNS) return true;
    pairs.remove_prefix(*name + *value);
  }
}

std::string answer_to(std::string_view pairs) {
  std::string values;
  if (asks_for_multiplexing(pairs)) {
    const std::string_view name = FCGI_MPXS_CONNS;
    values = {static_cast<char>(name.size()), 1};
    values.append(name).append("0");
  }
  const std::array<char, FCGI_HEADER_LEN> header{
      FCGI_VERSION_1, FCGI_GET_VALUES_RESULT, 0, 0, 0, static_cast<char>(values.size()), 0, 0};
  return std::string(header.data(), header.size()) + values;
}

/// Takes the question whose header is `header` and answers it. False when it has not come as a
/// whole, or is longer than any sensible one.
bool answer(int socket, const Header& header) {
  std::array<char, FCGI_HEADER_LEN + kMostAsked> record{};
  const std::size_t content = header[4] << 8 | header[5];
  const std::size_t size = FCGI_HEADER_LEN + content + header[6];
  if (size > record.size()) return false;
  const auto whole = static_cast<ssize_t>(size);
  if (::recv(socket, record.data(), size, MSG_PEEK | MSG_DONTWAIT) != whole) return false;
  if (::recv(socket, record.data(), size, MSG_DONTWAIT) != whole) return false;
  const std::string told = answer_to({record.data() + FCGI_HEADER_LEN, content});
  return ::send(socket, told.data(), told.size(), MSG_DONTWAIT | MSG_NOSIGNAL) == std::ssize(told);
}

}  // namespace

bool has_request(int socket) {
  for (;;) {
    Header header{};
    const ssize_t size = ::recv(socket, header.data(), header.size(), MSG_PEEK | MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
    const bool asks = size == FCGI_HEADER_LEN && header[0] == FCGI_VERSION_1 &&
                      header[1] == FCGI_GET_VALUES && header[2] == 0 && header[3] == 0;
    if (!asks || !answer(socket, header)) return true;
  }
}

}  // namespace shoal::fastcgi
