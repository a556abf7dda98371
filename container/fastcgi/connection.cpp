#include "fastcgi/connection.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <utility>

namespace shoal::fastcgi {
namespace {

bool would_wait(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

std::string name_of_ip(int family, const void* address, in_port_t port) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family, address, text.data(), text.size());
  const std::string host = family == AF_INET6 ? "[" + std::string(text.data()) + "]" : text.data();
  return host + ":" + std::to_string(ntohs(port));
}

}  // namespace

Connection::Connection(base::Descriptor socket, base::Descriptor replayed, const ReaderRules& rules,
                       std::atomic<std::size_t>& open)
    : open_(open), socket_(std::move(socket)), reader_(rules) {
  if (replayed) replayed_.emplace(std::move(replayed));
  ++open_;
}

Connection::Received Connection::receive() try {
  const auto space = reader_.space();
  if (replayed_) {
    const std::size_t got = replayed_->read(replayed_at_, space);
    replayed_at_ += got;
    if (got != 0) {
      reader_.filled(got);
      return Received::kBytes;
    }
    replayed_.reset();
  }
  const ssize_t got = ::recv(socket_.get(), space.data(), space.size(), MSG_DONTWAIT);
  const int error = errno;
  reader_.filled(got < 0 ? 0 : static_cast<std::size_t>(got));
  if (got > 0) return Received::kBytes;
  return got < 0 && would_wait(error) ? Received::kNothing : Received::kEnd;
} catch (const std::exception&) {
  return Received::kEnd;  // no memory for a larger head, or what was handed over cannot be read
}

void Connection::replay(const std::function<void(std::string_view)>& write) const {
  reader_.replay(write);
  std::array<char, 16'384> piece;
  for (std::uint64_t at = replayed_at_; replayed_;) {
    const std::size_t size = replayed_->read(at, piece);
    if (size == 0) return;
    write({piece.data(), size});
    at += size;
  }
}

bool Connection::send(std::string_view bytes) {
  if (!send_unsent()) return false;
  if (unsent() == 0) {
    const ssize_t sent =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && !would_wait(errno)) closed_by_peer_ = true;
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  if (!closed_by_peer_) unsent_.append(bytes);
  return !closed_by_peer_;
}

bool Connection::send_unsent() {
  while (unsent() != 0 && !closed_by_peer_) {
    const ssize_t sent =
        ::send(socket_.get(), unsent_.data() + sent_, unsent(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && would_wait(errno)) break;
    if (sent < 0) {
      closed_by_peer_ = true;
    } else {
      sent_ += static_cast<std::size_t>(sent);
    }
  }
  if (closed_by_peer_ || unsent() == 0) {
    unsent_ = std::string();
    sent_ = 0;
  } else if (sent_ > unsent_.size() / 2) {
    unsent_.erase(0, std::exchange(sent_, 0));
  }
  return !closed_by_peer_;
}

bool Connection::peer_gone() const {
  pollfd peer{socket_.get(), 0, 0};  // for what is always reported
  return closed_by_peer_ ||
         (::poll(&peer, 1, 0) == 1 && (peer.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0);
}

bool Connection::aborted() const {
  std::array<char, 1'024> come;  // the end of a body and an abort, with their padding
  const ssize_t size = ::recv(socket_.get(), come.data(), come.size(), MSG_PEEK | MSG_DONTWAIT);
  return reader_.aborted({come.data(), static_cast<std::size_t>(std::max<ssize_t>(0, size))});
}

void Connection::shut() { ::shutdown(socket_.get(), SHUT_RDWR); }

void Connection::shut_sending() { ::shutdown(socket_.get(), SHUT_WR); }

std::string Connection::peer() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getpeername(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
  if (address.ss_family == AF_INET) {
    const auto& ip = reinterpret_cast<const sockaddr_in&>(address);
    return name_of_ip(AF_INET, &ip.sin_addr, ip.sin_port);
  }
  if (address.ss_family == AF_INET6) {
    const auto& ip = reinterpret_cast<const sockaddr_in6&>(address);
    return name_of_ip(AF_INET6, &ip.sin6_addr, ip.sin6_port);
  }
  int family = AF_UNIX;
  socklen_t family_size = sizeof family;
  ::getsockopt(socket_.get(), SOL_SOCKET, SO_DOMAIN, &family, &family_size);
  if (family != AF_UNIX) return "a peer that has reset it";
  ucred user{};
  socklen_t user_size = sizeof user;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_PEERCRED, &user, &user_size) != 0) return "?";
  return "process " + std::to_string(user.pid) + " of user " + std::to_string(user.uid);
}

}  // namespace shoal::fastcgi
