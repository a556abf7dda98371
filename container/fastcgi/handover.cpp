#include "fastcgi/handover.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace shoal::fastcgi {
namespace {

constexpr std::size_t kMost = 2;  // descriptors in a message

/// A message of one byte with room for the descriptors: see unix(7), SCM_RIGHTS.
struct Message {
  char byte = 0;
  iovec content{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMost * sizeof(int))> control{};
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

bool Handover::leave(int connection, int bytes) const {
  const std::array<int, kMost> passed{connection, bytes};
  const std::size_t size = (bytes < 0 ? 1 : 2) * sizeof(int);
  Message message;
  message.head.msg_controllen = CMSG_SPACE(size);
  cmsghdr* const rights = CMSG_FIRSTHDR(&message.head);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(size);
  std::memcpy(CMSG_DATA(rights), passed.data(), size);
  return ::sendmsg(left_.get(), &message.head, MSG_NOSIGNAL) == 1;
}

std::optional<Handover::Left> Handover::take() const {
  // Without numbers for them the kernel would throw the connection away: see unix(7).
  {
    const base::Descriptor first(::fcntl(taken_.get(), F_DUPFD_CLOEXEC, 0));
    const base::Descriptor second(::fcntl(taken_.get(), F_DUPFD_CLOEXEC, 0));
    if (!first || !second) {
      throw std::system_error(errno, std::generic_category(), "no descriptor for a connection");
    }
  }
  Message message;
  if (::recvmsg(taken_.get(), &message.head, MSG_CMSG_CLOEXEC) != 1) return std::nullopt;
  const cmsghdr* const rights = CMSG_FIRSTHDR(&message.head);
  if (rights == nullptr || rights->cmsg_type != SCM_RIGHTS) return std::nullopt;
  std::array<int, kMost> passed{-1, -1};
  std::memcpy(passed.data(), CMSG_DATA(rights),
              std::min(rights->cmsg_len - CMSG_LEN(0), sizeof passed));
  return Left{base::Descriptor(passed[0]), base::Descriptor(passed[1])};
}

}  // namespace shoal::fastcgi
