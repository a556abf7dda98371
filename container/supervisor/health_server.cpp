#include "supervisor/health_server.hpp"

#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>

#include "supervisor/health_request.hpp"

namespace shoal::supervisor {
namespace {

constexpr std::size_t kMostConnections = 64;
constexpr std::size_t kMostDiscarded = 64 << 10;  // bytes after a request
constexpr std::chrono::seconds kPause{1};         // before accepting again, when out of descriptors

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
  for (const auto& connection : connections_) all.push_back(connection.socket.get());
  return all;
}

HealthServer::Clock::time_point HealthServer::deadline() const {
  auto next = Clock::time_point::max();
  if (accept_not_before_ > Clock::now()) next = accept_not_before_;
  for (const auto& connection : connections_) next = std::min(next, connection.until);
  return next;
}

void HealthServer::serve(const fastcgi::Listener* listener, const AskReadiness& ask) {
  if (listener != nullptr && Clock::now() >= accept_not_before_) accept(*listener);
  std::erase_if(connections_, [&](Connection& connection) {
    return !read(connection, ask) || Clock::now() >= connection.until;
  });
}

void HealthServer::accept(const fastcgi::Listener& listener) try {
  for (std::size_t accepted = 0; accepted < kMostConnections; ++accepted) {
    auto socket = listener.accept();
    if (!socket) return;
    problem_.clear();
    if (connections_.size() >= kMostConnections) connections_.pop_front();
    connections_.push_back({std::move(*socket), Clock::now() + patience_});
  }
} catch (const std::exception& error) {
  accept_not_before_ = Clock::now() + kPause;
  const std::string problem = error.what();
  if (problem != problem_) spdlog::warn("health: {}; will retry", problem);
  problem_ = problem;
}

/// Returns false when the connection is to be closed.
bool HealthServer::read(Connection& connection, const AskReadiness& ask) {
  std::array<char, kLongestHead> piece{};
  const ssize_t size = ::recv(connection.socket.get(), piece.data(), piece.size(), MSG_DONTWAIT);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  if (size == 0) return false;
  const auto bytes = static_cast<std::size_t>(size);
  if (connection.answered) return (connection.discarded += bytes) < kMostDiscarded;
  connection.arrived.append(piece.data(), bytes);
  const auto request = read_health_request(connection.arrived);
  if (!request) return true;
  const std::string answer = answer_to(*request, ask);
  // The answer is shorter than an empty send buffer, so it is sent whole or not at all.
  ::send(connection.socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  // Not closed yet: a close with unread bytes would reset the connection, and the peer could lose
  // the answer.
  ::shutdown(connection.socket.get(), SHUT_WR);
  connection.answered = true;
  return true;
}

}  // namespace shoal::supervisor
