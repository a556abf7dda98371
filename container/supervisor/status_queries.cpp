#include "supervisor/status_queries.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/messages.hpp"
#include "status/json.hpp"

namespace shoal::supervisor {
namespace {

using std::chrono::steady_clock;

// The status of a worker whose main thread does not answer in time is left out of the answer.
constexpr std::chrono::seconds kPatience{1};

}  // namespace

void StatusQueries::begin(WorkerProcesses& workers, Answer answer, control::Channel* deployer) {
  Query query{++next_, std::move(answer), steady_clock::now() + kPatience, workers.counters()};
  const nlohmann::json question{{"say", control::message::kQuery}, {"query", query.number}};
  for (auto& worker : workers.all()) {
    if (worker.state == WorkerProcess::State::kStarting) continue;
    if (worker.channel.send(question)) query.awaited.insert(worker.id);
  }
  if (deployer != nullptr) {
    // One that is silent is not asked again, so that its channel never becomes full.
    if (!deployer_is_asked_) deployer_is_asked_ = deployer->send(question);
    query.awaits_deployer = deployer_is_asked_;
  }
  queries_.push_back(std::move(query));
}

void StatusQueries::received(WorkerProcess& worker, unsigned number,
                             const nlohmann::json& answer) try {
  auto status = answer.get<status::WorkerStatus>();
  const auto found = std::ranges::find(queries_, number, &Query::number);
  if (found == queries_.end() || found->awaited.erase(worker.id) == 0) return;
  found->received.push_back(std::move(status));
} catch (const std::exception& error) {
  spdlog::error("worker {}: cannot read its status: {}", worker.id, error.what());
}

void StatusQueries::deployer_started(pid_t id) {
  if (!deployer_) deployer_.emplace();
  deployer_->deployer.pid = id;
  deployer_->deployer.started = status::now();
}

void StatusQueries::deployer_answered(const nlohmann::json& answer) try {
  deployer_is_asked_ = false;
  deployer_ = answer.get<status::DeployerStatus>();
  deployer_->deployer.heard = status::now();
  for (auto& query : queries_) query.heard_deployer |= std::exchange(query.awaits_deployer, false);
} catch (const std::exception& error) {
  spdlog::error("cannot read the status of the deployer: {}", error.what());
}

void StatusQueries::deployer_exited() {
  deployer_is_asked_ = false;
  for (auto& query : queries_) query.awaits_deployer = false;
}

void StatusQueries::exited(const WorkerProcess& worker) {
  for (auto& query : queries_) query.awaited.erase(worker.id);
}

void StatusQueries::conclude(const status::Overview& overview) {
  std::erase_if(queries_, [&](const Query& query) {
    if (!query.is_complete() && steady_clock::now() < query.until) return false;
    if (deployer_) deployer_->deployer.answers = query.heard_deployer;
    query.answer(status::merge(overview, query.received, query.counters->read(), deployer_));
    return true;
  });
}

steady_clock::time_point StatusQueries::deadline() const {
  auto earliest = steady_clock::time_point::max();
  for (const auto& query : queries_) {
    earliest = std::min(earliest, query.is_complete() ? steady_clock::now() : query.until);
  }
  return earliest;
}

}  // namespace shoal::supervisor
