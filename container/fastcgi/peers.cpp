#include "fastcgi/peers.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace shoal::fastcgi {

Peers::Peers(const std::vector<std::string>& addresses) {
  for (const std::string& text : addresses) {
    if (const auto address = parsed(text))
      addresses_.push_back(*address);
    else
      throw std::runtime_error(
          "allowed_clients: \"" + text +
          "\" is not an IPv4 or IPv6 address; write out each address: host names and networks are "
          "not supported");
  }
}

bool Peers::allow(const sockaddr_storage& peer) const {
  if (addresses_.empty()) return true;
  Address address{};
  if (peer.ss_family == AF_INET)
    address = mapped(reinterpret_cast<const sockaddr_in&>(peer).sin_addr);
  else if (peer.ss_family == AF_INET6)
    std::memcpy(address.data(), &reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr,
                address.size());
  return lists(address);
}

bool Peers::allow(const std::string& peer) const {
  const auto address = parsed(peer);
  return addresses_.empty() || (address && lists(*address));
}

bool Peers::lists(const Address& address) const {
  return std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end();
}

std::optional<Peers::Address> Peers::parsed(const std::string& text) {
  in_addr four{};
  Address six{};
  if (::inet_pton(AF_INET, text.c_str(), &four) == 1) return mapped(four);
  if (::inet_pton(AF_INET6, text.c_str(), six.data()) == 1) return six;
  return std::nullopt;
}

Peers::Address Peers::mapped(const in_addr& address) {
  Address result{};
  result[10] = result[11] = 0xff;
  std::memcpy(result.data() + 12, &address, sizeof address);
  return result;
}

}  // namespace shoal::fastcgi
