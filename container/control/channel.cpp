#include "control/channel.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>

namespace shoal::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The status of a worker with 1,000 threads and 1,000 modules has half a megabyte.
constexpr std::size_t kLongest = 16 << 20;

// What a stopped deployer of 1,000 workers may leave unread for hours.
constexpr std::size_t kMostUnsent = 64 << 20;

std::string line_of(const nlohmann::json& message) {
  using Handler = nlohmann::json::error_handler_t;
  return message.dump(-1, ' ', false, Handler::replace) + "\n";
}

/// Returns true if the socket becomes ready for these events before the time is up.
bool ready(int socket, short events, steady_clock::time_point until) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    pollfd wanted{socket, events, 0};
    const int found = ::poll(&wanted, 1, static_cast<int>(std::max(left, milliseconds(0)).count()));
    if (found > 0) return true;
    if (found == 0 || errno != EINTR) return false;
  }
}

}  // namespace

std::string text_of(const nlohmann::json& message, const char* key) {
  const auto found = message.find(key);
  return found != message.end() && found->is_string() ? found->get<std::string>() : "";
}

unsigned number_of(const nlohmann::json& message, const char* key) {
  const auto found = message.find(key);
  return found != message.end() && found->is_number_unsigned() ? found->get<unsigned>() : 0;
}

std::vector<std::string> texts_of(const nlohmann::json& message, const char* key) {
  std::vector<std::string> texts;
  const auto found = message.find(key);
  if (found == message.end() || !found->is_array()) return texts;
  for (const auto& text : *found) {
    if (text.is_string()) texts.push_back(text.get<std::string>());
  }
  return texts;
}

std::pair<Channel, Channel> Channel::pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot create a pair of sockets");
  }
  return {Channel(base::Descriptor(ends[0])), Channel(base::Descriptor(ends[1]))};
}

bool Channel::send(const nlohmann::json& message, milliseconds patience) {
  unsent_ += line_of(message);
  return flush(patience);
}

void Channel::post(const nlohmann::json& message) {
  unsent_ += line_of(message);
  push();
}

void Channel::push() {
  flush(milliseconds(0));
  broken_ |= unsent_.size() > kMostUnsent;
}

void Channel::finish() { ::shutdown(socket_.get(), SHUT_WR); }

/// Returns false when the channel is broken. Without patience, what the kernel does not take stays.
bool Channel::flush(milliseconds patience) {
  std::size_t taken = 0;
  while (taken < unsent_.size() && !broken_) {
    const ssize_t sent = ::send(socket_.get(), unsent_.data() + taken, unsent_.size() - taken,
                                MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      taken += static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN) {
      if (patience == milliseconds(0)) break;
      broken_ = !ready(socket_.get(), POLLOUT, steady_clock::now() + patience);
    } else if (errno != EINTR) {
      broken_ = true;
    }
  }
  unsent_.erase(0, taken);
  return !broken_;
}

std::vector<nlohmann::json> Channel::receive() {
  std::array<char, 64 << 10> piece{};
  for (;;) {
    const ssize_t size = ::recv(socket_.get(), piece.data(), piece.size(), MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) break;
    if (size <= 0) {
      ended_ = true;
      break;
    }
    arrived_.append(piece.data(), static_cast<std::size_t>(size));
  }
  std::vector<nlohmann::json> messages;
  for (auto end = arrived_.find('\n'); end != std::string::npos; end = arrived_.find('\n')) {
    auto message =
        nlohmann::json::parse(arrived_.begin(), arrived_.begin() + static_cast<std::ptrdiff_t>(end),
                              nullptr, /*allow_exceptions=*/false);
    if (message.is_object()) messages.push_back(std::move(message));
    arrived_.erase(0, end + 1);
  }
  broken_ |= arrived_.size() > kLongest;
  return messages;
}

std::vector<nlohmann::json> Channel::wait(milliseconds patience) {
  const auto until = steady_clock::now() + patience;
  while (!closed() && ready(socket_.get(), POLLIN, until)) {
    auto messages = receive();
    if (!messages.empty()) return messages;
  }
  return {};
}

}  // namespace shoal::control
