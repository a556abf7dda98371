#pragma once

#include <netinet/in.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace shoal::fastcgi {

/// The addresses from which connections are taken. Immutable.
class Peers {
 public:
  /// None: everyone.
  Peers() = default;

  /// IPv4 and IPv6 addresses, no names. Throws std::runtime_error for what is none.
  explicit Peers(const std::vector<std::string>& addresses);

  /// `127.0.0.1` and `::ffff:127.0.0.1` are the same address.
  bool allow(const sockaddr_storage& peer) const;

  /// The same of an address as text, e.g. REMOTE_ADDR; what is none is not allowed.
  bool allow(const std::string& peer) const;

 private:
  using Address = std::array<unsigned char, 16>;  // IPv6; IPv4 as mapped into it

  static Address mapped(const in_addr& address);
  static std::optional<Address> parsed(const std::string& text);
  bool lists(const Address& address) const;

  std::vector<Address> addresses_;
};

}  // namespace shoal::fastcgi
