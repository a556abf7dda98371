#include "daemon/health_server.hpp"

#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>

#include "daemon/health_request.hpp"

namespace shoal::daemon {
namespace {

constexpr std::size_t kMostCallers = 64;
constexpr std::size_t kMostThrownAway = 64 << 10;  // bytes that follow a request
constexpr std::chrono::seconds kPause{1};          // without descriptors

std::string answer_to(const HealthRequest& request, const HealthServer::AskReadiness& ask) {
  const auto answer = [&](int status, const std::string& line) {
    return health_answer(status, line, request.head_only);
  };
  if (request.refusal != 0) return answer(request.refusal, "ask GET /live or GET /ready");
  if (request.path == "/live") return answer(200, "live");
  if (request.path != "/ready") return answer(404, "ask /live or /ready");
  const Readiness readiness = ask();
  return answer(readiness.ready ? 200 : 503, readiness.line);
}

}  // namespace

std::vector<int> HealthServer::descriptors(const fastcgi::Listener* listener) const {
  std::vector<int> all;
  if (listener != nullptr && Clock::now() >= accept_not_before_) {
    all.push_back(listener->descriptor());
  }
  for (const auto& caller : callers_) all.push_back(caller.socket.get());
  return all;
}

HealthServer::Clock::time_point HealthServer::deadline() const {
  auto next = Clock::time_point::max();
  if (accept_not_before_ > Clock::now()) next = accept_not_before_;
  for (const auto& caller : callers_) next = std::min(next, caller.until);
  return next;
}

void HealthServer::serve(const fastcgi::Listener* listener, const AskReadiness& ask) {
  if (listener != nullptr && Clock::now() >= accept_not_before_) accept(*listener);
  std::erase_if(callers_,
                [&](Caller& caller) { return !read(caller, ask) || Clock::now() >= caller.until; });
}

void HealthServer::accept(const fastcgi::Listener& listener) try {
  for (std::size_t accepted = 0; accepted < kMostCallers; ++accepted) {
    auto socket = listener.accept();
    if (!socket) return;
    trouble_.clear();
    if (callers_.size() >= kMostCallers) callers_.pop_front();
    callers_.push_back({std::move(*socket), Clock::now() + patience_});
  }
} catch (const std::exception& error) {
  accept_not_before_ = Clock::now() + kPause;
  const std::string trouble = error.what();
  if (trouble != trouble_) spdlog::warn("health: {}; will retry", trouble);
  trouble_ = trouble;
}

/// Returns false when the connection is to be closed.
bool HealthServer::read(Caller& caller, const AskReadiness& ask) {
  std::array<char, kLongestHead> piece{};
  const ssize_t size = ::recv(caller.socket.get(), piece.data(), piece.size(), MSG_DONTWAIT);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  if (size == 0) return false;
  const auto bytes = static_cast<std::size_t>(size);
  if (caller.answered) return (caller.thrown_away += bytes) < kMostThrownAway;
  caller.arrived.append(piece.data(), bytes);
  const auto request = read_health_request(caller.arrived);
  if (!request) return true;
  const std::string answer = answer_to(*request, ask);
  // The answer is shorter than an empty send buffer, so it is sent whole or not at all.
  ::send(caller.socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  // Not closed yet: a close with unread bytes would reset the connection, and the peer could lose
  // the answer.
  ::shutdown(caller.socket.get(), SHUT_WR);
  caller.answered = true;
  return true;
}

}  // namespace shoal::daemon
