#include "supervisor/relay.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "releases/deployer/messages.hpp"
#include "releases/deployer/supervisor_messages.hpp"

namespace shoal::supervisor {
namespace {

namespace deployer_message = releases::supervisor_message;

}  // namespace

bool Relay::from_worker(const WorkerProcess& worker, const nlohmann::json& message) const {
  const std::string said = control::text_of(message, "say");
  const auto& words = releases::message::kForDeployer;
  if (std::ranges::find(words, said) == words.end()) return false;
  tell(worker, {{"say", deployer_message::kFrom}, {"worker", worker.id}, {"message", message}});
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
    deployer.channel.post({{"say", deployer_message::kWorker}, {"worker", worker.id}});
    if (worker.state == WorkerProcess::State::kDraining) left(worker);
  }
}

void Relay::left(const WorkerProcess& worker) const {
  tell(worker, {{"say", deployer_message::kLeft}, {"worker", worker.id}});
}

void Relay::exited(const WorkerProcesses::Exited& exited, const CrashLog::Crash& crash) const {
  tell(exited.worker, {{"say", deployer_message::kExited},
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
