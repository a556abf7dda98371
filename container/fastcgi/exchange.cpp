#include "fastcgi/exchange.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include "shoal/request.hpp"

namespace shoal::fastcgi {
namespace {

using std::chrono::milliseconds;

// What a handler may have written before the peer has taken it, and how much is written at a time.
constexpr std::size_t kWriteAhead = 256 << 10;
constexpr std::size_t kPiece = 64 << 10;

}  // namespace

Exchange::Exchange(Connection& connection, const Limits& limits, Turn* turn)
    : connection_(connection),
      reader_(connection.reader()),
      limits_(limits),
      turn_(turn),
      answer_(connection, reader_.id()) {}

std::size_t Exchange::read(std::span<char> buffer) {
  if (content_length_malformed()) {
    throw BodyError("the body's CONTENT_LENGTH is not a number of bytes");
  }
  if (finished_ || cut_) throw BodyError("the request has ended");
  if (buffer.empty()) return 0;
  std::size_t got = 0;
  try {
    while ((got = reader_.take_body(buffer)) == 0 && !reader_.body_complete() &&
           !reader_.body_too_large()) {
      wait_for_body();
    }
  } catch (const std::system_error& error) {
    fail_body(error.what());
  }
  if (got == 0 && reader_.body_too_large()) throw BodyError("the body is over limits.body");
  body_read_ += got;
  if (got == 0 && body_read_ < content_length()) {
    fail_body("CONTENT_LENGTH promised more than was sent");
  }
  return got;
}

void Exchange::wait_for_body() {
  if (reader_.state() == RequestReader::State::kClosing || reader_.aborted()) {
    fail_body("the peer closed the connection or aborted the request");
  }
  auto received = connection_.receive();
  if (received == Connection::Received::kNothing) {
    if (!wait_for(POLLIN, limits_.read_timeout)) {
      fail_body("no byte arrived within limits.read_timeout");
    }
    received = connection_.receive();
  }
  if (received == Connection::Received::kEnd || !send_replies()) {
    fail_body("the peer closed the connection or aborted the request");
  }
}

/// Sends what the peer awaits, between two records of the answer. Returns false if the peer has
/// closed, or asks and does not read.
bool Exchange::send_replies() {
  std::string& replies = reader_.replies();
  if (replies.empty()) return true;
  const bool sent = connection_.send(replies);
  replies.clear();
  return sent && wait_until_unsent(kWriteAhead);
}

void Exchange::fail_body(const char* why) const {
  const auto announced = reader_.content_length();
  throw BodyError("the body stopped after " + std::to_string(body_read_) +
                  (announced ? " of " + std::to_string(*announced) : "") + " bytes: " + why);
}

bool Exchange::write(std::string_view bytes) {
  while (!cut_ && !bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPiece);
    if (!answer_.write(piece) || !wait_until_unsent(kWriteAhead)) return false;
    bytes.remove_prefix(piece.size());
  }
  return !cut_;
}

bool Exchange::flush() { return !cut_ && answer_.flush() && wait_until_unsent(0); }

/// Waits until at most so many bytes are unsent. Returns false if the peer has closed, or has taken
/// nothing for limits.write_timeout.
bool Exchange::wait_until_unsent(std::size_t most) {
  if (turn_ == nullptr) return true;
  while (connection_.unsent() > most) {
    if (!wait_for(POLLOUT, limits_.write_timeout)) {
      stalled_ = true;
      cut();
      return false;
    }
    if (!connection_.send_unsent()) return false;
  }
  return true;
}

bool Exchange::wait_for(short events, milliseconds timeout) {
  const auto until = Connection::Clock::now() + timeout;
  will_take_long();
  for (;;) {
    pollfd peer{connection_.socket(), events, 0};
    const auto left = std::chrono::ceil<milliseconds>(until - Connection::Clock::now());
    const int ready = ::poll(&peer, 1, static_cast<int>(std::max<long>(0, left.count())));
    if (ready == 0) return false;
    if (ready > 0 || errno != EINTR) return true;
  }
}

bool Exchange::peer_gone() const {
  return cut_ || connection_.aborted() || connection_.peer_gone();
}

bool Exchange::finish() {
  if (finished_ || cut_) return false;
  finished_ = true;
  answered_ = answer_.finish();
  return answered_;
}

void Exchange::cut() {
  if (cut_) return;
  cut_ = true;
  connection_.shut();
}

}  // namespace shoal::fastcgi
