#include "fastcgi/handover.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace shoal::fastcgi {
namespace {

/// A message of one byte with room for one descriptor: see unix(7), SCM_RIGHTS.
struct Message {
  char byte = 0;
  iovec content{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr head{};

  Message() {
    head.msg_iov = &content;
    head.msg_iovlen = 1;
    head.msg_control = control.data();
    head.msg_controllen = control.size();
  }
};

}  // namespace

Handover::Handover() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot make a pair of sockets");
  }
  left_ = base::Descriptor(ends[0]);
  taken_ = base::Descriptor(ends[1]);
}

bool Handover::leave(int connection) const {
  Message message;
  cmsghdr* const rights = CMSG_FIRSTHDR(&message.head);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof connection);
  std::memcpy(CMSG_DATA(rights), &connection, sizeof connection);
  return ::sendmsg(left_.get(), &message.head, MSG_NOSIGNAL) == 1;
}

std::optional<base::Descriptor> Handover::take() const {
  // Without a number for it the kernel would throw the connection away: see unix(7).
  if (!base::Descriptor(::fcntl(taken_.get(), F_DUPFD_CLOEXEC, 0))) {
    throw std::system_error(errno, std::generic_category(), "no descriptor for a connection");
  }
  Message message;
  if (::recvmsg(taken_.get(), &message.head, MSG_CMSG_CLOEXEC) != 1) return std::nullopt;
  const cmsghdr* const rights = CMSG_FIRSTHDR(&message.head);
  if (rights == nullptr || rights->cmsg_type != SCM_RIGHTS) return std::nullopt;
  int connection = -1;
  std::memcpy(&connection, CMSG_DATA(rights), sizeof connection);
  return base::Descriptor(connection);
}

}  // namespace shoal::fastcgi
