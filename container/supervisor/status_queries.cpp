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

// A deployer that was silent before has at least that long.
constexpr std::chrono::milliseconds kLeastPatience{200};

steady_clock::time_point patience_with(const DeployerProcess& deployer) {
  const auto now = steady_clock::now();
  if (!deployer.up) return now + kPatience;
  return std::max(*deployer.pulse.since() + control::kSilence, now + kLeastPatience);
}

/// Takes over what the supervisor knows of the deployer.
void take_over(status::Deployer& deployer, const status::Deployer& known) {
  if (known.pid != 0) {
    deployer.pid = known.pid;
    deployer.started = known.started;
  }
  deployer.state = known.state;
  deployer.since = known.since;
}

}  // namespace

void StatusQueries::begin(WorkerProcesses& workers, Answer answer, DeployerProcess* deployer) {
  Query query{++next_, std::move(answer), steady_clock::now() + kPatience, workers.counters()};
  const nlohmann::json question{{"say", control::message::kQuery}, {"query", query.number}};
  for (auto& worker : workers.all()) {
    if (worker.state == WorkerProcess::State::kStarting) continue;
    if (worker.channel.send(question)) query.awaited.insert(worker.id);
  }
  if (deployer != nullptr) {
    deployer->ask(Pulse::Asked::kStatus);
    query.deployer_until = patience_with(*deployer);
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

void StatusQueries::deployer_answered(const nlohmann::json& status) try {
  if (!status.is_null()) deployer_ = status.get<status::DeployerStatus>();
  if (deployer_) deployer_->deployer.heard = status::now();
  for (auto& query : queries_) {
    query.heard_deployer |= std::exchange(query.deployer_until, std::nullopt).has_value();
  }
} catch (const std::exception& error) {
  spdlog::error("cannot read the status of the deployer: {}", error.what());
}

void StatusQueries::deployer_exited() {
  for (auto& query : queries_) query.deployer_until.reset();
}

void StatusQueries::exited(const WorkerProcess& worker) {
  for (auto& query : queries_) query.awaited.erase(worker.id);
}

void StatusQueries::conclude(const status::Overview& overview) {
  std::erase_if(queries_, [&](const Query& query) {
    if (steady_clock::now() < query.complete_at()) return false;
    auto deployer = deployer_;
    if (overview.deployer) {
      if (!deployer) deployer.emplace();
      take_over(deployer->deployer, *overview.deployer);
      auto& told = deployer->deployer;
      if (query.heard_deployer) told.since = 0;
      told.answers = query.heard_deployer ||
                     (told.state == status::Deployer::State::kWorking && told.since == 0);
    }
    query.answer(status::merge(overview, query.received, query.counters->read(), deployer));
    return true;
  });
}

steady_clock::time_point StatusQueries::Query::complete_at() const {
  steady_clock::time_point at;  // long past
  if (!awaited.empty()) at = until;
  return deployer_until ? std::max(at, *deployer_until) : at;
}

steady_clock::time_point StatusQueries::deadline() const {
  auto earliest = steady_clock::time_point::max();
  for (const auto& query : queries_) earliest = std::min(earliest, query.complete_at());
  return earliest;
}

}  // namespace shoal::supervisor
