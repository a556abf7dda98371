#include "fastcgi/exchange.hpp"

#include <fastcgi.h>
#include <fcgiapp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstring>
#include <limits>

#include "fastcgi/peer_io.hpp"
#include "shoal/request.hpp"

namespace shoal::fastcgi {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kParamsLimit = 1 << 20;  // bytes, names and values together
constexpr milliseconds kStragglers{20};        // for body bytes that are on their way
constexpr milliseconds kLinger{1'000};         // for the peer to take an early answer

RequestHolder new_request(int socket) {
  RequestHolder request(std::make_unique<FCGX_Request>().release());
  ::FCGX_InitRequest(request.get(), /*listen socket: never accept by itself*/ -1, 0);
  request->ipcFd = socket;
  request->keepConnection = 1;   // else FCGX_Accept_r begins by closing the socket
  ::FCGX_Detach(request.get());  // else it reads away up to 2 s of garbage before it closes it
  return request;
}

std::size_t size_of_params(const FCGX_Request& request) {
  std::size_t size = 0;
  for (char** entry = request.envp; *entry; ++entry) size += std::strlen(*entry);
  return size;
}

bool timed_out(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

int as_int(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

}  // namespace

std::unique_ptr<Exchange> Exchange::read(Connection& connection) {
  RequestHolder request = new_request(connection.socket());
  if (::FCGX_Accept_r(request.get()) != 0) {
    if (request->ipcFd < 0) connection.socket_lost();
    return nullptr;
  }
  if (request->role != FCGI_RESPONDER || size_of_params(*request) > kParamsLimit) return nullptr;
  auto exchange = std::make_unique<Exchange>(Key(), connection, std::move(request));
  const bool whole = exchange->content_length_ > 0 || exchange->at_end_of_body() ||
                     ::FCGX_GetError(exchange->request_->in) == 0;
  if (!whole || !connection.deadline().enter(Deadline::Phase::kServing)) return nullptr;
  return exchange;
}

Exchange::Exchange(Key, Connection& connection, RequestHolder request)
    : connection_(connection),
      limits_(connection.limits()),
      started_(connection.began()),
      request_(std::move(request)) {
  learn_content_length();
  unread_ = unannounced_ ? limits_.body : content_length_;
}

Exchange::~Exchange() = default;

std::optional<std::string_view> Exchange::param(std::string_view name) const {
  if (name.empty()) return std::nullopt;
  for (char** entry = request_->envp; *entry; ++entry) {
    if (**entry != name.front()) continue;  // most are others, and a call costs more
    if (std::strncmp(*entry, name.data(), name.size()) == 0 && (*entry)[name.size()] == '=')
      return *entry + name.size() + 1;
  }
  return std::nullopt;
}

void Exchange::learn_content_length() {
  const std::string_view text = param("CONTENT_LENGTH").value_or("");
  unannounced_ = text.empty() || text == "-1";  // so says Caddy of a body that it passes on unread
  if (unannounced_) return;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, content_length_);
  malformed_ = stopped != end || error == std::errc::invalid_argument;
  if (malformed_)
    content_length_ = 0;
  else if (error == std::errc::result_out_of_range)
    content_length_ = std::numeric_limits<std::uint64_t>::max();
}

// Reads the record that ends the body if that is what comes next.
bool Exchange::at_end_of_body() {
  if (body_ended_) return true;
  const int next = ::FCGX_GetChar(request_->in);
  if (next != EOF) ::FCGX_UnGetChar(next, request_->in);
  body_ended_ = next == EOF && ::FCGX_GetError(request_->in) == 0;
  return body_ended_;
}

std::size_t Exchange::read(std::span<char> buffer) {
  const fastcgi::PeerIo::Busy busy;
  if (malformed_) throw BodyError("the body's CONTENT_LENGTH is not a number of bytes");
  if (over_) throw BodyError("the request has ended");
  const int wanted = as_int(std::min<std::uint64_t>(buffer.size(), unread_));
  if (wanted == 0) {
    over_limit_ = unannounced_ && !at_end_of_body() && ::FCGX_GetError(request_->in) == 0;
    if (over_limit_) throw BodyError("the body is over limits.body");
    return 0;
  }
  const int got = ::FCGX_GetStr(buffer.data(), wanted, request_->in);
  unread_ -= static_cast<std::uint64_t>(got);
  if (got < wanted && !(unannounced_ && at_end_of_body())) throw BodyError(why_body_ended());
  if (unread_ == 0) at_end_of_body();
  return static_cast<std::size_t>(got);
}

std::string Exchange::why_body_ended() const {
  const std::uint64_t read = (unannounced_ ? limits_.body : content_length_) - unread_;
  const std::string so_far = "the body stopped after " + std::to_string(read) +
                             (unannounced_ ? "" : " of " + std::to_string(content_length_)) +
                             " bytes: ";
  const int error = ::FCGX_GetError(request_->in);
  if (error == 0) return so_far + "CONTENT_LENGTH promised more than was sent";
  if (timed_out(error)) return so_far + "no byte arrived within limits.read_timeout";
  return so_far + "the peer closed the connection or aborted the request";
}

bool Exchange::write(std::string_view bytes) {
  const fastcgi::PeerIo::Busy busy;
  while (!bytes.empty() && !over_) {
    const int size = as_int(bytes.size());
    answering_ |= size > request_->out->stop - request_->out->wrNext;
    if (::FCGX_PutStr(bytes.data(), size, request_->out) != size) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return !over_ && !request_->out->isClosed;
}

bool Exchange::flush() {
  const fastcgi::PeerIo::Busy busy;
  if (over_ || request_->out->isClosed) return false;
  answering_ = true;
  return ::FCGX_FFlush(request_->out) == 0;
}

bool Exchange::peer_gone() const {
  if (over_ || aborted_) return true;
  const int error = ::FCGX_GetError(request_->in);
  if (error != 0 && !timed_out(error)) return true;
  pollfd peer{connection_.socket(), POLLIN | POLLRDHUP, 0};
  if (::poll(&peer, 1, 0) < 1) return false;
  if (peer.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) return true;
  if (!body_ended_) return false;  // what has come is body
  std::array<unsigned char, FCGI_HEADER_LEN> header{};
  const ssize_t size = ::recv(peer.fd, header.data(), header.size(), MSG_PEEK | MSG_DONTWAIT);
  aborted_ = size == FCGI_HEADER_LEN && header[1] == FCGI_ABORT_REQUEST &&
             (header[2] << 8 | header[3]) == request_->requestId;
  return aborted_;
}

bool Exchange::finish() {
  if (over_) return false;
  const bool drained = drain();
  const bool closed_errors = ::FCGX_FClose(request_->err) == 0;
  const bool answered = ::FCGX_FClose(request_->out) == 0 && closed_errors;
  if (answered && !drained) linger();
  over_ = true;
  // libfcgi does not get past an abort that is still unread.
  return answered && drained && request_->keepConnection && !aborted_;
}

// Before the answer is complete, since a web server stops sending a body once it has the answer.
bool Exchange::drain() {
  if (body_ended_) return true;
  const std::uint64_t limit = limits_.keep_alive_drain;
  if (unread_ > limit && !unannounced_) return false;

  Deadline& deadline = connection_.deadline();
  const auto now = Deadline::Clock::now();
  deadline.enter(Deadline::Phase::kReading, now + limits_.read_timeout);
  // It may have stopped already if it has the beginning.
  if (answering_) connection_.set_read_timeout(kStragglers);
  std::array<char, 8'192> away;
  std::uint64_t total = 0;
  while (!at_end_of_body() && ::FCGX_GetError(request_->in) == 0 && total < limit)
    total += static_cast<std::uint64_t>(::FCGX_GetStr(
        away.data(), as_int(std::min<std::uint64_t>(away.size(), limit - total)), request_->in));
  if (answering_) connection_.set_read_timeout(limits_.read_timeout);
  return deadline.enter(Deadline::Phase::kServing) && at_end_of_body();
}

// Closing a socket with unread input resets it, and the peer may lose the answer to that.
void Exchange::linger() {
  pollfd peer{connection_.socket(), POLLIN, 0};
  ::shutdown(peer.fd, SHUT_WR);
  std::array<char, 8'192> away;
  const auto until = Deadline::Clock::now() + kLinger;
  for (auto now = until - kLinger; now < until; now = Deadline::Clock::now()) {
    const auto left = std::chrono::ceil<milliseconds>(until - now);
    if (::poll(&peer, 1, static_cast<int>(left.count())) < 1) return;
    if (::recv(peer.fd, away.data(), away.size(), MSG_DONTWAIT) < 1) return;
  }
}

void Exchange::cut() {
  if (over_) return;
  over_ = true;
  connection_.shut();
}

}  // namespace shoal::fastcgi
