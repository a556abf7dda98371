#include "fastcgi/socket_file.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace shoal::fastcgi {

namespace {

namespace fs = std::filesystem;

constexpr uid_t kUnchanged = static_cast<uid_t>(-1);

[[noreturn]] void refuse(const fs::path& path, const std::string& why) {
  throw std::runtime_error("unix:" + path.string() + ": " + why);
}

[[noreturn]] void refuse(const fs::path& path, const char* what, int error, const char* remedy) {
  refuse(path, std::string(what) + ": " + std::strerror(error) + "; " + remedy);
}

sockaddr_un name_of(const fs::path& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  const std::string& text = path.native();
  if (text.empty()) throw std::runtime_error("unix: no path; give one, as in unix:/run/shoal.sock");
  if (text.size() >= sizeof name.sun_path)
    refuse(path, "the path has " + std::to_string(text.size()) + " bytes, a socket's may have " +
                     std::to_string(sizeof name.sun_path - 1) + "; choose a shorter one");
  std::memcpy(name.sun_path, text.data(), text.size());
  return name;
}

const sockaddr* plain(const sockaddr_un& name) { return reinterpret_cast<const sockaddr*>(&name); }

// Whether someone accepts there. Without blocking: the queue of a living server may be full.
bool answers(const fs::path& path, const sockaddr_un& name) {
  const base::Descriptor caller(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!caller) refuse(path, "cannot ask who listens there", errno, "see `ulimit -n`");
  if (::connect(caller.get(), plain(name), sizeof name) == 0) return true;
  if (errno == ECONNREFUSED || errno == ENOENT) return false;
  if (errno == EAGAIN || errno == EPROTOTYPE) return true;
  refuse(path, "cannot tell whether its server lives", errno,
         "run as a user who may write the socket, or remove it");
}

void make_way(const fs::path& path, const sockaddr_un& name) {
  std::error_code error;
  const fs::file_type type = fs::symlink_status(path, error).type();
  if (type == fs::file_type::not_found) return;
  if (type != fs::file_type::socket)
    refuse(path, "something that is not a socket is in the way; move it or choose another path");
  if (answers(path, name))
    refuse(path, "another server listens there; stop it or choose another path");
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    refuse(path, "cannot replace the socket of a dead server", errno, "remove it by hand");
}

void bind_to(int socket, const fs::path& path, const sockaddr_un& name) {
  if (::bind(socket, plain(name), sizeof name) == 0) return;
  const int error = errno;
  const std::string folder = path.parent_path().string();
  if (error == ENOENT) refuse(path, "there is no folder " + folder + "; create it");
  if (error == EACCES)
    refuse(path,
           "may not write to " + folder + "; run as a user who may, or choose another folder");
  refuse(path, "cannot bind", error, "choose another path");
}

uid_t user_named(const fs::path& path, const std::string& user) {
  if (user.empty()) return kUnchanged;
  std::vector<char> buffer(16'384);
  passwd entry{};
  passwd* found = nullptr;
  ::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (!found) refuse(path, "there is no user \"" + user + "\" here; correct owner");
  return found->pw_uid;
}

gid_t group_named(const fs::path& path, const std::string& name) {
  if (name.empty()) return kUnchanged;
  std::vector<char> buffer(16'384);
  ::group entry{};
  ::group* found = nullptr;
  ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (!found) refuse(path, "there is no group \"" + name + "\" here; correct group");
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
      ::lchown(address.path.c_str(), owner, group) != 0)
    refuse(address.path, "may not give it to owner and group", errno,
           "start as root, or as a member of the group and without owner");
  if (address.mode && ::chmod(address.path.c_str(), *address.mode) != 0)
    refuse(address.path, "cannot set its mode", errno, "leave out mode");
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
