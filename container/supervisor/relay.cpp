#include "supervisor/relay.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "control/messages.hpp"
#include "releases/deployer/messages.hpp"

namespace shoal::supervisor {
namespace {

namespace message = control::message;
namespace releases_message = releases::message;

constexpr std::array<std::string_view, 8> kWordsForDeployer{
    releases_message::kJoin,    releases_message::kListed,  releases_message::kOpening,
    releases_message::kOpened,  releases_message::kFailed,  releases_message::kPublished,
    releases_message::kRetired, releases_message::kReported};

}  // namespace

bool Relay::from_worker(const WorkerProcess& worker, const nlohmann::json& message) const {
  const std::string said = control::text_of(message, "say");
  if (std::ranges::find(kWordsForDeployer, said) == kWordsForDeployer.end()) return false;
  tell(worker, {{"say", message::kFrom}, {"worker", worker.id}, {"message", message}});
  return true;
}

void Relay::from_deployer(const DeployerProcess& deployer, const nlohmann::json& message) const {
  const auto words = message.find("message");
  if (words == message.end()) return;
  const bool to_all = !message.contains("worker");
  const auto id = static_cast<pid_t>(control::number_of(message, "worker"));
  for (auto& worker : workers_.all()) {
    if (worker.settings != deployer.settings || worker.channel.closed()) continue;
    if (to_all || worker.id == id) worker.channel.post(*words);
  }
}

void Relay::introduce(DeployerProcess& deployer) const {
  for (const auto& worker : workers_.all()) {
    if (worker.settings != deployer.settings) continue;
    deployer.channel.post({{"say", message::kWorker}, {"worker", worker.id}});
    if (worker.state == WorkerProcess::State::kDraining) left(worker);
  }
}

void Relay::left(const WorkerProcess& worker) const {
  tell(worker, {{"say", message::kLeft}, {"worker", worker.id}});
}

void Relay::exited(const WorkerProcesses::Exited& exited, const CrashLog::Crash& crash) const {
  tell(exited.worker, {{"say", message::kExited},
                       {"worker", exited.worker.id},
                       {"how", exited.how()},
                       {"signal", exited.signal()},
                       {"generation", crash.generation},
                       {"reported", crash.reported},
                       {"summary", crash.summary}});
}

void Relay::tell(const WorkerProcess& worker, const nlohmann::json& message) const {
  if (auto* deployer = deployers_.of(worker.settings.get())) deployer->channel.post(message);
}

}  // namespace shoal::supervisor
