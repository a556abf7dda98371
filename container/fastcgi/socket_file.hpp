#pragma once

#include <unistd.h>

#include <filesystem>

#include "base/inode.hpp"
#include "fastcgi/listener.hpp"

namespace shoal::fastcgi {

/// Throws std::runtime_error when there is no such owner or group.
void check_rights(const UnixAddress& address);

/// Gives the socket file of the address its mode, owner and group. Throws std::runtime_error, with
/// the remedy.
void set_rights(const UnixAddress& address);

/// The file of a bound unix socket. Removed by the destructor, unless another file has taken its
/// place, or this is a process that was forked from the one that made it.
class SocketFile {
 public:
  SocketFile() = default;

  /// Binds `socket` to the address and gives the file its mode, owner and group. What a dead server
  /// left is replaced. Throws std::runtime_error when a living server or a file of another kind is
  /// in the way, and when the address cannot be had.
  SocketFile(int socket, const UnixAddress& address);

  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&&) = delete;
  ~SocketFile();

 private:
  std::filesystem::path path_;  // empty: nothing to remove
  base::Inode inode_{};
  const pid_t owner_ = ::getpid();
};

}  // namespace shoal::fastcgi
