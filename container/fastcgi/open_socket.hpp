#pragma once

#include <memory>
#include <optional>
#include <string>

#include "fastcgi/listener.hpp"
#include "fastcgi/peers.hpp"
#include "fastcgi/socket_file.hpp"

namespace shoal::fastcgi {

/// A socket that listens, and what belongs to it.
struct OpenSocket {
  std::string name;  ///< as Listener::name
  bool tcp = false;
  Peers peers{};
  base::Descriptor socket{};

  // What Listener::take_effect is to change; none: nothing.
  std::optional<UnixAddress> rights{};
  std::optional<int> backlog{};

  /// Of a unix socket, shared by all that listen there in this process; null: none of ours. Dies
  /// first: nobody shall find a file behind which nobody listens.
  std::shared_ptr<const SocketFile> file{};
};

/// Each opens one kind of address, as Listener's constructor promises.
OpenSocket open_socket(const UnixAddress& address, int backlog);
OpenSocket open_socket(const TcpAddress& address, int backlog);
OpenSocket open_socket(const InheritedDescriptor& address, int backlog);

}  // namespace shoal::fastcgi
