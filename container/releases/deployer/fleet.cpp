#include "releases/deployer/fleet.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "releases/deployer/messages.hpp"

namespace shoal::releases {

using nlohmann::json;

void Fleet::join(pid_t worker, const List& list) {
  workers_[worker].state = State::kListing;
  send_list(worker, list);
}

void Fleet::send_list(pid_t worker, const List& list) const {
  json groups = json::array();
  for (const auto& [group, served] : list) {
    groups.push_back({{"group", group}, {"number", served.number}, {"stage", served.stage}});
  }
  send_(worker, {{"say", message::kList}, {"groups", std::move(groups)}});
}

bool Fleet::listed(pid_t worker, const std::map<std::string, unsigned long>& opened,
                   const List& list) {
  auto& it = workers_[worker];
  if (it.state != State::kListing) return false;
  for (const auto& [group, number] : opened) it.mapped[group].insert(number);
  const bool same = std::ranges::all_of(list, [&](const auto& entry) {
    const auto& [group, served] = entry;
    const auto found = opened.find(group);
    return (found != opened.end() && found->second == served.number) ||
           it.failed.contains({group, served.number});
  });
  if (!same) {
    send_list(worker, list);
    return false;
  }
  it.state = State::kJoined;
  it.order = ++joined_;
  send_(worker, {{"say", message::kJoined}});
  return true;
}

void Fleet::failed(pid_t worker, const std::string& group, unsigned long number) {
  const auto found = workers_.find(worker);
  if (found != workers_.end()) found->second.failed.emplace(group, number);
}

void Fleet::left(pid_t worker) {
  const auto found = workers_.find(worker);
  if (found != workers_.end()) found->second.state = State::kLeft;
}

void Fleet::mapped(pid_t worker, const std::string& group, unsigned long number) {
  const auto found = workers_.find(worker);
  if (found != workers_.end()) found->second.mapped[group].insert(number);
}

void Fleet::unmapped(pid_t worker, const std::string& group, unsigned long number) {
  const auto found = workers_.find(worker);
  if (found != workers_.end()) found->second.mapped[group].erase(number);
}

std::set<unsigned long> Fleet::most_mapped(const std::string& group) const {
  std::set<unsigned long> most;
  for (const auto& [id, worker] : workers_) {
    const auto found = worker.mapped.find(group);
    if (worker.state != State::kJoined || found == worker.mapped.end()) continue;
    if (found->second.size() > most.size()) most = found->second;
  }
  return most;
}

std::vector<pid_t> Fleet::set() const {
  std::vector<std::pair<unsigned long, pid_t>> joined;
  for (const auto& [id, worker] : workers_) {
    if (worker.state == State::kJoined) joined.emplace_back(worker.order, id);
  }
  std::ranges::sort(joined);
  std::vector<pid_t> ids;
  for (const auto& [order, id] : joined) ids.push_back(id);
  return ids;
}

bool Fleet::has(pid_t worker) const {
  const auto found = workers_.find(worker);
  return found != workers_.end() && found->second.state == State::kJoined;
}

void Fleet::send(pid_t worker, json message) const { send_(worker, std::move(message)); }

void Fleet::send_to_all(json message) const { send_(0, std::move(message)); }

}  // namespace shoal::releases
