#include "fastcgi/open_socket.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>

#include <cerrno>
#include <stdexcept>

#include "base/failure.hpp"

namespace shoal::fastcgi {

namespace {

using AddressList = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

base::Descriptor new_socket(const std::string& name, int family) {
  base::Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) {
    base::fail({.thing = name,
                .fact = "cannot make a socket",
                .error = errno,
                .remedy = "choose another kind of address"});
  }
  return socket;
}

void set_option(const base::Descriptor& socket, int level, int option) {
  const int on = 1;
  ::setsockopt(socket.get(), level, option, &on, sizeof on);
}

int option(int socket, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(socket, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

std::string printed(const std::string& host, const std::string& port) {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
}

// As the kernel bound it: port 0 has become a real one.
std::string bound_name(const base::Descriptor& socket) {
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  char host[NI_MAXHOST] = "";
  char port[NI_MAXSERV] = "";
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own), &size);
  ::getnameinfo(reinterpret_cast<sockaddr*>(&own), size, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
  return printed(host, port);
}

AddressList resolve(const std::string& name, const TcpAddress& address) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error =
      ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &wanted, &found);
  if (error != 0)
    base::fail({.thing = name,
                .fact = std::string("cannot find the address (") + ::gai_strerror(error) + ")",
                .remedy = "give an IPv4 or IPv6 address of this machine"});
  return {found, ::freeaddrinfo};
}

std::string remedy_of_bind(int error) {
  if (error == EADDRINUSE) return "stop the other server or choose another port";
  if (error == EADDRNOTAVAIL) return "give an address that this machine has";
  if (error == EACCES) return "choose a port above 1023, or start as root";
  return "choose another address";
}

[[noreturn]] void fail_to(const char* fact, const std::string& name, int error) {
  base::fail({.thing = name, .fact = fact, .error = error, .remedy = remedy_of_bind(error)});
}

}  // namespace

OpenSocket open_socket(const UnixAddress& address, int backlog) {
  OpenSocket open{.name = "unix:" + address.path.string()};
  open.socket = new_socket(open.name, AF_UNIX);
  open.file = std::make_shared<const SocketFile>(open.socket.get(), address);
  if (::listen(open.socket.get(), backlog) != 0)
    base::fail({.thing = open.name,
                .fact = "cannot listen",
                .error = errno,
                .remedy = "choose another path"});
  return open;
}

OpenSocket open_socket(const TcpAddress& address, int backlog) {
  const std::string name = printed(address.host, std::to_string(address.port));
  const AddressList found = resolve(name, address);
  OpenSocket open{.name = name, .tcp = true};
  try {
    open.peers = Peers(address.allowed_clients);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(name + ": " + error.what());
  }
  open.socket = new_socket(name, found->ai_family);
  set_option(open.socket, SOL_SOCKET, SO_REUSEADDR);  // a restart need not wait for TIME_WAIT
  if (found->ai_family == AF_INET6) set_option(open.socket, IPPROTO_IPV6, IPV6_V6ONLY);
  if (::bind(open.socket.get(), found->ai_addr, found->ai_addrlen) != 0)
    fail_to("cannot bind", name, errno);
  if (::listen(open.socket.get(), backlog) != 0) fail_to("cannot listen", name, errno);
  open.name = bound_name(open.socket);
  return open;
}

OpenSocket open_socket(const InheritedDescriptor& address, int) {
  const int number = address.descriptor;
  const std::string name = "fd:" + std::to_string(number);
  if (option(number, SO_ACCEPTCONN) != 1 || option(number, SO_TYPE) != SOCK_STREAM)
    base::fail({.thing = name,
                .fact = "not a listening stream socket",
                .remedy =
                    "start Shoal with a program that opens one for it, such as spawn-fcgi -n, "
                    "or listen on unix:PATH or HOST:PORT"});
  const int family = option(number, SO_DOMAIN);
  OpenSocket open{.name = name, .tcp = family == AF_INET || family == AF_INET6};
  open.socket = base::Descriptor(::fcntl(number, F_DUPFD_CLOEXEC, 0));
  if (!open.socket) {
    base::fail({.thing = name,
                .fact = "cannot be shared",
                .error = errno,
                .remedy = "raise LimitNOFILE=, or `ulimit -n`"});
  }
  ::fcntl(number, F_SETFL, ::fcntl(number, F_GETFL) | O_NONBLOCK);
  return open;
}

}  // namespace shoal::fastcgi
