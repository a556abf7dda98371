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

void StatusQueries::begin(WorkerProcesses& workers, DeployerProcess* deployer, Answer answer) {
  Query query{++next_, std::move(answer), steady_clock::now() + kPatience};
  const nlohmann::json words{{"say", control::message::kQuery}, {"query", query.number}};
  for (auto& worker : workers.all()) {
    if (worker.state == WorkerProcess::State::kStarting) continue;
    worker.channel.post(words);
    if (!worker.channel.closed()) query.awaited.insert(worker.id);
  }
  if (deployer != nullptr) {
    deployer->channel.post(words);
    if (!deployer->channel.closed()) query.awaited.insert(deployer->id);
  }
  queries_.push_back(std::move(query));
}

void StatusQueries::received(WorkerProcess& worker, unsigned number,
                             const nlohmann::json& answer) try {
  worker.last_status = answer.get<status::WorkerStatus>();
  const auto found = std::ranges::find(queries_, number, &Query::number);
  if (found == queries_.end() || found->awaited.erase(worker.id) == 0) return;
  found->received.push_back(worker.last_status);
} catch (const std::exception& error) {
  spdlog::error("worker {}: cannot read its status: {}", worker.id, error.what());
}

void StatusQueries::received(const DeployerProcess& deployer, unsigned number,
                             const nlohmann::json& answer) {
  deployer_ = answer;
  const auto found = std::ranges::find(queries_, number, &Query::number);
  if (found == queries_.end() || found->awaited.erase(deployer.id) == 0) return;
  found->deployer_has_answered = true;
}

void StatusQueries::exited(const DeployerProcess& deployer) {
  for (auto& query : queries_) query.awaited.erase(deployer.id);
}

void StatusQueries::exited(const WorkerProcess& worker) {
  exited_.add(worker.last_status);
  for (auto& query : queries_) query.awaited.erase(worker.id);
}

void StatusQueries::conclude(const status::Overview& overview) {
  std::erase_if(queries_, [&](const Query& query) {
    if (!query.awaited.empty() && steady_clock::now() < query.until) return false;
    query.answer(status::merge(overview, query.received, exited_));
    return true;
  });
}

steady_clock::time_point StatusQueries::deadline() const {
  auto earliest = steady_clock::time_point::max();
  for (const auto& query : queries_) {
    earliest = std::min(earliest, query.awaited.empty() ? steady_clock::now() : query.until);
  }
  return earliest;
}

}  // namespace shoal::supervisor
