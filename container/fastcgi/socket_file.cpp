#include "fastcgi/socket_file.hpp"

#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/failure.hpp"

namespace shoal::fastcgi {

namespace {

namespace fs = std::filesystem;

constexpr uid_t kUnchanged = static_cast<uid_t>(-1);

/// Throws the failure as one of the socket at `path`.
[[noreturn]] void fail_on(const fs::path& path, base::Failure failure) {
  failure.thing = "unix:" + path.string();
  base::fail(failure);
}

sockaddr_un name_of(const fs::path& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  const std::string& text = path.native();
  if (text.empty()) {
    base::fail({.thing = "unix",
                .fact = "the path is missing",
                .remedy = "give one, as in unix:/run/shoal.sock"});
  }
  if (text.size() >= sizeof name.sun_path) {
    fail_on(path,
            {.fact = "the path has " + std::to_string(text.size()) +
                     " bytes, a socket's may have " + std::to_string(sizeof name.sun_path - 1),
             .remedy = "choose a shorter one"});
  }
  std::memcpy(name.sun_path, text.data(), text.size());
  return name;
}

const sockaddr* plain(const sockaddr_un& name) { return reinterpret_cast<const sockaddr*>(&name); }

/// Returns true if someone accepts there: `caller` is connected then, or the queue is full. Does
/// not block: the queue of a living server may be full.
bool connects(const fs::path& path, const sockaddr_un& name, base::Descriptor& caller) {
  caller = base::Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!caller) {
    fail_on(path, {.fact = "cannot check whether a server listens there",
                   .error = errno,
                   .remedy = "raise LimitNOFILE=, or `ulimit -n`"});
  }
  if (::connect(caller.get(), plain(name), sizeof name) == 0) return true;
  if (errno == ECONNREFUSED || errno == ENOENT) return false;
  if (errno == EAGAIN || errno == EPROTOTYPE) return true;
  fail_on(path,
          {.fact = "cannot check whether a server listens there",
           .error = errno,
           .remedy = "run shoal as a user that may write to the socket, or remove the socket"});
}

/// A process that was killed may let go of its socket a moment after the lock of its run folder.
/// That ends the connections in its queue, and another look finds nobody.
bool answers(const fs::path& path, const sockaddr_un& name) {
  constexpr int kPatience = 500;  // milliseconds
  base::Descriptor caller;
  if (!connects(path, name, caller)) return false;
  pollfd watched{caller.get(), 0, 0};
  return ::poll(&watched, 1, kPatience) <= 0 || connects(path, name, caller);
}

void make_way(const fs::path& path, const sockaddr_un& name) {
  std::error_code error;
  const fs::file_type type = fs::symlink_status(path, error).type();
  if (type == fs::file_type::not_found) return;
  if (type != fs::file_type::socket) {
    fail_on(path, {.fact = "there is already a file that is not a socket",
                   .remedy = "move it, or choose another path"});
  }
  if (answers(path, name)) {
    fail_on(path,
            {.fact = "another server listens there", .remedy = "stop it, or choose another path"});
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    fail_on(path, {.fact = "cannot remove the socket that a dead server left",
                   .error = errno,
                   .remedy = "remove it by hand"});
  }
}

void bind_to(int socket, const fs::path& path, const sockaddr_un& name) {
  if (::bind(socket, plain(name), sizeof name) == 0) return;
  const int error = errno;
  const std::string folder = path.parent_path().string();
  if (error == ENOENT) {
    fail_on(path, {.fact = "the folder " + folder + " does not exist", .remedy = "create it"});
  }
  if (error == EACCES) {
    fail_on(path, {.fact = "cannot be made in " + folder,
                   .error = error,
                   .remedy = "check that the user running shoal may write there, or choose another "
                             "folder"});
  }
  fail_on(path, {.fact = "cannot bind", .error = error, .remedy = "choose another path"});
}

uid_t user_named(const fs::path& path, const std::string& user) {
  if (user.empty()) return kUnchanged;
  std::vector<char> buffer(16'384);
  passwd entry{};
  passwd* found = nullptr;
  ::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (!found) {
    fail_on(path, {.fact = "the user \"" + user + "\" does not exist", .remedy = "correct owner"});
  }
  return found->pw_uid;
}

gid_t group_named(const fs::path& path, const std::string& name) {
  if (name.empty()) return kUnchanged;
  std::vector<char> buffer(16'384);
  ::group entry{};
  ::group* found = nullptr;
  ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (!found) {
    fail_on(path, {.fact = "the group \"" + name + "\" does not exist", .remedy = "correct group"});
  }
  return found->gr_gid;
}

}  // namespace

void check_rights(const UnixAddress& address) {
  user_named(address.path, address.owner);
  group_named(address.path, address.group);
}

void set_rights(const UnixAddress& address) {
  const uid_t owner = user_named(address.path, address.owner);
  const gid_t group = group_named(address.path, address.group);
  if ((owner != kUnchanged || group != kUnchanged) &&
      ::lchown(address.path.c_str(), owner, group) != 0) {
    fail_on(address.path,
            {.fact = "cannot set its owner and group",
             .error = errno,
             .remedy = "start shoal as root, or leave out owner and start it as a member of the "
                       "group"});
  }
  if (address.mode && ::chmod(address.path.c_str(), *address.mode) != 0) {
    fail_on(address.path,
            {.fact = "cannot set its mode", .error = errno, .remedy = "leave out mode"});
  }
}

SocketFile::SocketFile(int socket, const UnixAddress& address) {
  const sockaddr_un name = name_of(address.path);
  make_way(address.path, name);
  bind_to(socket, address.path, name);
  SocketFile file;
  file.path_ = fs::absolute(address.path);
  file.inode_ = base::Inode::of(file.path_).value_or(base::Inode{});
  // Nobody can connect before listen, so nobody is refused by a mode that is still to be set.
  set_rights(address);
  std::swap(path_, file.path_);
  inode_ = file.inode_;
}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), inode_(other.inode_) {}

SocketFile::~SocketFile() {
  if (!path_.empty() && owner_ == ::getpid() && base::Inode::of(path_) == inode_)
    ::unlink(path_.c_str());
}

}  // namespace shoal::fastcgi
