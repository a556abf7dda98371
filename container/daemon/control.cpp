#include "daemon/control.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace shoal::daemon {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr const char* kName = "control.sock";
constexpr std::size_t kMostAskers = 64;
constexpr std::chrono::seconds kSilence{10};  // then whoever does not ask is parted with
constexpr std::chrono::seconds kPatience{10};

/// The address of the socket in a folder, by way of the folder's descriptor: an address has 107
/// bytes at most, and the path of a run folder may have more.
sockaddr_un address_in(const base::Descriptor& folder) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = "/proc/self/fd/" + std::to_string(folder.get()) + "/" + kName;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

base::Descriptor opened(const fs::path& folder) {
  return base::Descriptor(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

base::Descriptor new_socket(int flags) {
  return base::Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
}

}  // namespace

Control::Control(const fs::path& run) : path_(run / kName), owner_(::getpid()) { put_back(); }

void Control::put_back() {
  const fs::path run = path_.parent_path();
  std::error_code none;
  fs::remove(path_, none);
  auto socket = new_socket(SOCK_NONBLOCK);
  const auto folder = opened(run);
  const auto address = address_in(folder);
  const mode_t before = ::umask(0177);  // nobody else may connect, not even for a moment
  const bool bound =
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const int error = errno;
  ::umask(before);
  if (!bound || ::listen(socket.get(), 16) != 0) {
    throw std::runtime_error("run: " + path_.native() + ": cannot listen there (" +
                             std::strerror(bound ? errno : error) +
                             "); allow the container's user to write there");
  }
  socket_ = std::move(socket);
  file_ = fastcgi::Inode::of(path_);
}

bool Control::is_in_place() const { return file_ && fastcgi::Inode::of(path_) == file_; }

Control::~Control() {
  if (::getpid() != owner_ || !is_in_place()) return;
  std::error_code none;
  fs::remove(path_, none);
}

std::vector<int> Control::descriptors() const {
  std::vector<int> all{socket_.get()};
  for (const auto& [number, asker] : askers_) {
    if (!asker.has_asked) all.push_back(asker.link.descriptor());
  }
  return all;
}

void Control::let_in() {
  while (base::Descriptor socket{
      ::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)}) {
    // Room is made by whoever has been silent for longest.
    const auto silent =
        std::ranges::find_if(askers_, [](const auto& entry) { return !entry.second.has_asked; });
    if (askers_.size() >= kMostAskers && silent != askers_.end()) askers_.erase(silent);
    askers_.emplace(next_++, Asker{Link(std::move(socket))});
  }
}

std::vector<Control::Question> Control::take() {
  std::erase_if(askers_, [](const auto& entry) {
    return !entry.second.has_asked && steady_clock::now() - entry.second.since > kSilence;
  });
  let_in();
  std::vector<Question> questions;
  for (auto& [number, asker] : askers_) {
    if (asker.has_asked) continue;
    auto messages = asker.link.receive();
    if (messages.empty()) continue;
    asker.has_asked = true;
    questions.push_back({number, std::move(messages.front())});
  }
  // Who has asked, and closed only his own direction, as socat does, is still to be answered.
  std::erase_if(askers_, [](const auto& entry) {
    return !entry.second.has_asked && entry.second.link.closed();
  });
  return questions;
}

void Control::answer(unsigned asker, const nlohmann::json& words) {
  const auto found = askers_.find(asker);
  if (found == askers_.end()) return;
  found->second.link.send(words, std::chrono::milliseconds(200));
  askers_.erase(found);
}

nlohmann::json ask_container(const fs::path& run, const nlohmann::json& question) {
  const auto folder = opened(run);
  const auto address = address_in(folder);
  base::Descriptor socket = new_socket(0);
  if (!folder ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const bool forbidden = errno == EACCES;
    throw std::runtime_error((run / kName).native() + ": " + std::strerror(errno) +
                             (forbidden
                                  ? "; ask as the container's user, or as root"
                                  : "; no container answers there: it does not run, or another "
                                    "\"run\" was written into its configuration since it began"));
  }
  Link link(std::move(socket));
  link.send(question);
  const auto answers = link.wait(kPatience);
  if (answers.empty()) throw std::runtime_error("the container does not answer");
  if (answers.front().contains("error")) {
    throw std::runtime_error(answers.front()["error"].get<std::string>());
  }
  return answers.front();
}

}  // namespace shoal::daemon
