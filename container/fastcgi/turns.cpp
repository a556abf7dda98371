#include "fastcgi/turns.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace shoal::fastcgi {

bool Turns::may_run(const RouteRules* route) {
  if (!has_bound(route)) return true;
  const base::MutexLock lock(mutex_);
  Bound& of_route = bound(*route);
  if (of_route.running == of_route.most) return false;
  ++of_route.running;
  return true;
}

bool Turns::wait(std::unique_ptr<Connection>& connection, bool may_run) {
  const base::MutexLock lock(mutex_);
  if (size_ >= queue_) drop_gone();
  if (size_ >= queue_) return false;
  ++size_;
  if (!may_run) {
    // Since may_run was asked, one that ran may have ended.
    Bound& of_route = bound(*connection->plan.route);
    if (of_route.running == of_route.most) {
      of_route.waiting.push_back(std::move(connection));
      return true;
    }
    ++of_route.running;
  }
  add_ready(std::move(connection));
  return true;
}

std::unique_ptr<Connection> Turns::next() {
  if (!any_ready()) return nullptr;
  const base::MutexLock lock(mutex_);
  if (ready_.empty()) return nullptr;
  auto connection = std::move(ready_.front());
  ready_.pop_front();
  --ready_count_;
  --size_;
  return connection;
}

bool Turns::done(const RouteRules* route) {
  if (!has_bound(route)) return false;
  const base::MutexLock lock(mutex_);
  Bound& of_route = bound(*route);
  if (of_route.waiting.empty()) {
    --of_route.running;
    return false;
  }
  add_ready(std::move(of_route.waiting.front()));
  of_route.waiting.pop_front();
  return true;
}

void Turns::add_ready(std::unique_ptr<Connection> connection) {
  ready_.push_back(std::move(connection));
  ++ready_count_;
}

/// Drops requests whose peers have left. To look at one takes less than a microsecond, so this
/// takes a tenth of the time at most, however many requests are refused.
void Turns::drop_gone() {
  const auto now = Clock::now();
  if (now - looked_ < std::chrono::microseconds(10) * size_.load()) return;
  looked_ = now;
  const auto is_gone = [](const auto& connection) { return connection->peer_gone(); };
  for (auto& [route, of_route] : bounds_) size_ -= std::erase_if(of_route.waiting, is_gone);
  // Those that are ready count as running ones of their route: they are dropped at their turn.
  const std::size_t dropped = std::erase_if(ready_, [&](const auto& connection) {
    return !has_bound(connection->plan.route) && is_gone(connection);
  });
  ready_count_ -= dropped;
  size_ -= dropped;
}

std::vector<std::unique_ptr<Connection>> Turns::take_all() {
  const base::MutexLock lock(mutex_);
  std::vector<std::unique_ptr<Connection>> all;
  for (auto& connection : ready_) {
    const auto* route = connection->plan.route;
    if (has_bound(route)) --bound(*route).running;
    all.push_back(std::move(connection));
  }
  for (auto& [route, of_route] : bounds_) {
    std::ranges::move(of_route.waiting, std::back_inserter(all));
    of_route.waiting.clear();
  }
  ready_.clear();
  ready_count_ = 0;
  size_ = 0;
  return all;
}

bool Turns::has_bound(const RouteRules* route) const {
  return route != nullptr && bound_of(*route) != 0;
}

/// Returns how many requests of the route may run at once; 0: there is no bound.
unsigned Turns::bound_of(const RouteRules& route) const {
  if (route.threads != 0 || !route.streams_body) return route.threads;
  return std::max(1U, threads_ / 2);
}

Turns::Bound& Turns::bound(const RouteRules& route) {
  const auto [at, is_new] = bounds_.try_emplace(&route);
  if (is_new) at->second.most = bound_of(route);
  return at->second;
}

}  // namespace shoal::fastcgi
