#include "control/control_socket.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/failure.hpp"
#include "control/control_address.hpp"

namespace shoal::control {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr uid_t kUnchanged = static_cast<uid_t>(-1);
constexpr std::size_t kMostConnections = 64;
constexpr std::chrono::seconds kLongestSilence{
    10};  // then a connection without a question is closed

/// Returns true if the peer has closed both directions. One that has closed only its sending side,
/// as socat does, still gets its answer.
bool has_hung_up(int socket) {
  pollfd watched{socket, 0, 0};
  return ::poll(&watched, 1, 0) > 0 && (watched.revents & (POLLHUP | POLLERR)) != 0;
}

/// Returns the user of the process at the other end.
uid_t user_of_peer(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size);
  return peer.uid;
}

base::Descriptor new_socket(int flags) {
  return base::Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
}

}  // namespace

ControlSocket::ControlSocket(const fs::path& run)
    : path_(run / kControlSocket), owner_(::getpid()) {
  put_back();
}

void ControlSocket::put_back() {
  const fs::path run = path_.parent_path();
  std::error_code ignored;
  fs::remove(path_, ignored);
  auto socket = new_socket(SOCK_NONBLOCK);
  const auto folder = opened_run_folder(run);
  const auto address = address_in(folder);
  const mode_t before = ::umask(0177);  // no other user may connect, not even for a moment
  const bool bound =
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const int error = errno;
  ::umask(before);
  if (!bound || ::listen(socket.get(), 16) != 0) {
    base::fail({"run: " + path_.native(), "cannot listen there", bound ? errno : error,
                "check that the container's user may write there"});
  }
  socket_ = std::move(socket);
  file_ = base::Inode::of(path_);
  if (group_) set_rights(false);
}

void ControlSocket::share_with(std::optional<gid_t> group) {
  const bool was_shared = group_.has_value();
  group_ = group;
  if (group_ || was_shared) set_rights(was_shared);
}

/// Sets mode and group of the socket's file and of the run folder.
void ControlSocket::set_rights(bool was_shared) {
  const auto folder =
      base::Descriptor(::open(path_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const gid_t group = group_.value_or(::getegid());
  const mode_t socket_mode = group_ ? 0660 : 0600;
  const mode_t folder_mode = group_ ? 0710 : 0700;
  // What is taken back is narrowed before its group changes, and what is given is widened after.
  const auto narrow = [&] {
    return ::fchmodat(folder.get(), kControlSocket, 0600, 0) == 0 &&
           ::fchmod(folder.get(), 0700) == 0;
  };
  if ((was_shared && !narrow()) ||
      ::fchownat(folder.get(), kControlSocket, kUnchanged, group, AT_SYMLINK_NOFOLLOW) != 0 ||
      ::fchown(folder.get(), kUnchanged, group) != 0 ||
      ::fchmodat(folder.get(), kControlSocket, socket_mode, 0) != 0 ||
      ::fchmod(folder.get(), folder_mode) != 0) {
    base::fail({"control.group: " + path_.native(), "cannot set its group and mode", errno,
                "check that the container's user owns the folder"});
  }
}

bool ControlSocket::is_in_place() const { return file_ && base::Inode::of(path_) == file_; }

ControlSocket::~ControlSocket() {
  if (::getpid() != owner_ || !is_in_place()) return;
  std::error_code ignored;
  fs::remove(path_, ignored);
}

std::vector<int> ControlSocket::descriptors() const {
  std::vector<int> all{socket_.get()};
  for (const auto& [number, connection] : connections_) {
    if (!connection.has_asked) all.push_back(connection.channel.descriptor());
  }
  return all;
}

void ControlSocket::accept() {
  while (base::Descriptor socket{
      ::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)}) {
    // Of too many connections, the one that has been silent for longest is closed.
    const auto silent = std::ranges::find_if(
        connections_, [](const auto& entry) { return !entry.second.has_asked; });
    if (connections_.size() >= kMostConnections) {
      if (silent == connections_.end()) {
        Channel(std::move(socket)).post({{"error", "too many commands wait; try again later"}});
        continue;
      }
      connections_.erase(silent);
    }
    connections_.emplace(next_++, Connection{Channel(std::move(socket))});
  }
}

/// Closes the connections that have been silent for too long, and those whose command is gone.
void ControlSocket::close_idle() {
  std::erase_if(connections_, [](const auto& entry) {
    const auto& connection = entry.second;
    return connection.has_asked ? has_hung_up(connection.channel.descriptor())
                                : steady_clock::now() - connection.since > kLongestSilence;
  });
}

std::vector<ControlSocket::Question> ControlSocket::take() {
  close_idle();
  accept();
  std::vector<Question> questions;
  for (auto& [number, connection] : connections_) {
    if (connection.has_asked) continue;
    auto messages = connection.channel.receive();
    if (messages.empty()) continue;
    connection.has_asked = true;
    questions.push_back(
        {number, std::move(messages.front()), user_of_peer(connection.channel.descriptor())});
  }
  std::erase_if(connections_, [](const auto& entry) {
    return !entry.second.has_asked && entry.second.channel.closed();
  });
  return questions;
}

void ControlSocket::tell(unsigned connection, const nlohmann::json& words) {
  const auto found = connections_.find(connection);
  if (found != connections_.end()) found->second.channel.post(words);
}

void ControlSocket::answer(unsigned connection, const nlohmann::json& words) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  found->second.channel.send(words, std::chrono::milliseconds(200));
  connections_.erase(found);
}

}  // namespace shoal::control
