#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/descriptor.hpp"

namespace shoal::fastcgi {

struct UnixAddress {
  std::filesystem::path path;
  std::optional<unsigned> mode;  ///< permission bits; set before the first connection is accepted
  std::string owner;             ///< user name; empty: unchanged
  std::string group;             ///< group name; empty: unchanged
};

struct TcpAddress {
  std::string host;        ///< a name or an IPv4 or IPv6 address, without brackets
  std::uint16_t port = 0;  ///< 0: any that is free; Listener::name says which
  std::vector<std::string> allowed_clients;  ///< addresses; empty: everyone
};

/// A socket that another program has made listen and left open for this one, e.g. 0 under
/// spawn-fcgi. The listener gets a descriptor of its own for it; this one stays open.
struct InheritedDescriptor {
  int descriptor = 0;
};

using Address = std::variant<UnixAddress, TcpAddress, InheritedDescriptor>;

struct OpenSocket;

/// A listening socket: non-blocking, close-on-exec.
///
/// A unix socket file that nobody answers on is replaced; one that a living server answers on is
/// not. The file is removed again by the destructor, if it is still ours. `[::]` means IPv6 alone:
/// for both, listen on `0.0.0.0` too.
class Listener {
 public:
  /// Opens it. Throws std::runtime_error whose text names the address, what failed and the remedy.
  Listener(Address address, int backlog);
  ~Listener();
  Listener(Listener&&) noexcept;
  Listener& operator=(Listener&&) = delete;

  /// The same socket once more, for a process that this one forks: its end neither closes the
  /// socket here nor removes its file. Throws std::system_error without descriptors.
  Listener share() const;

  /// The same socket once more, with the allowed_clients of this address, and its mode, owner,
  /// group and backlog from `take_effect` on. REQUIRES: it is the address that was opened. Throws
  /// like the constructor when it cannot have them.
  Listener adjusted(const Address& address, int backlog) const;

  /// Of an adjusted one: the socket is now as its address says. Throws as above.
  void take_effect() const;

  int descriptor() const;

  /// `unix:/run/shoal/shoal.sock`, `127.0.0.1:9000`, `[::1]:9000`, `fd:0`.
  const std::string& name() const;

  /// The next waiting connection; none when nobody waits or the peer is not among allowed_clients
  /// (its connection is closed). Does not wait; the connection itself is blocking. Throws
  /// std::system_error on EMFILE, ENFILE, ENOBUFS, ENOMEM and whatever else will not pass by itself
  /// at once: the caller backs off. Safe to call from any thread.
  std::optional<base::Descriptor> accept() const;

 private:
  explicit Listener(std::unique_ptr<const OpenSocket> open);
  base::Descriptor same_socket() const;

  std::unique_ptr<const OpenSocket> open_;
};

}  // namespace shoal::fastcgi
