#include "fastcgi/listener.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "fastcgi/open_socket.hpp"

namespace shoal::fastcgi {

namespace {

// accept(2): a connection that broke before it was accepted hands its error to us.
bool is_the_connections_own(int error) {
  switch (error) {
    case EAGAIN:
    case EINTR:
    case ECONNABORTED:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
    case ENONET:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case EPERM:
    case EPROTO:
    case ETIMEDOUT:
      return true;
    default:
      return false;
  }
}

}  // namespace

Listener::Listener(Address address, int backlog)
    : open_(std::visit(
          [backlog](const auto& kind) {
            return std::make_unique<const OpenSocket>(open_socket(kind, backlog));
          },
          address)) {}

Listener::Listener(std::unique_ptr<const OpenSocket> open) : open_(std::move(open)) {}

Listener::~Listener() = default;
Listener::Listener(Listener&&) noexcept = default;

Listener Listener::share() const {
  OpenSocket shared{open_->name, open_->tcp, open_->peers, same_socket()};
  return Listener(std::make_unique<const OpenSocket>(std::move(shared)));
}

Listener Listener::adjusted(const Address& address, int backlog) const {
  OpenSocket adjusted{open_->name, open_->tcp, open_->peers, same_socket()};
  adjusted.file = open_->file;
  if (const auto* tcp = std::get_if<TcpAddress>(&address)) {
    adjusted.peers = Peers(tcp->allowed_clients);
  }
  if (const auto* file = std::get_if<UnixAddress>(&address)) {
    check_rights(*file);
    adjusted.rights = *file;
  }
  if (!std::holds_alternative<InheritedDescriptor>(address)) adjusted.backlog = backlog;
  return Listener(std::make_unique<const OpenSocket>(std::move(adjusted)));
}

void Listener::take_effect() const {
  if (open_->rights) set_rights(*open_->rights);
  if (open_->backlog) ::listen(descriptor(), *open_->backlog);
}

base::Descriptor Listener::same_socket() const {
  base::Descriptor socket(::fcntl(descriptor(), F_DUPFD_CLOEXEC, 0));
  if (!socket) throw std::system_error(errno, std::generic_category(), name() + ": cannot share");
  return socket;
}

int Listener::descriptor() const { return open_->socket.get(); }

const std::string& Listener::name() const { return open_->name; }

std::optional<base::Descriptor> Listener::accept() const {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  base::Descriptor connection(
      ::accept4(descriptor(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC));
  if (!connection) {
    if (is_the_connections_own(errno)) return std::nullopt;
    throw std::system_error(errno, std::generic_category(), name() + ": cannot accept");
  }
  if (!open_->tcp) return connection;
  if (!open_->peers.allow(peer)) return std::nullopt;
  const int on = 1;  // an answer is one write: nothing would follow for Nagle to wait for
  ::setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return connection;
}

}  // namespace shoal::fastcgi
