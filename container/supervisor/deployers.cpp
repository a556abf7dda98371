#include "supervisor/deployers.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/debugged.hpp"
#include "control/limits.hpp"
#include "control/messages.hpp"
#include "releases/deployer/supervisor_messages.hpp"

namespace shoal::supervisor {
namespace {

namespace deployer_message = releases::supervisor_message;
using DeployerState = DeployerProcess::State;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kEndLimit{3};
constexpr std::chrono::seconds kNextDebuggerCheck{1};

/// Returns a name that no other run of the service has: process ids are used again.
std::string new_service_name() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::to_string(::getpid()) + "-" +
         std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

}  // namespace

void DeployerProcess::ask(Pulse::Asked what) {
  if (!pulse.ask(what)) return;
  const bool status = what == Pulse::Asked::kStatus;
  channel.post({{"say", status ? control::message::kQuery : deployer_message::kPing}});
}

Deployers::Deployers() : service_(new_service_name()) {}

std::optional<Assignment> Deployers::start(const Configuration& configuration) {
  std::erase_if(unserved_, [](const auto& entry) { return entry.first.use_count() == 1; });
  auto [here, there] = control::Channel::pair();
  const pid_t id = ::fork();
  if (id < 0) throw std::system_error(errno, std::generic_category(), "cannot start a deployer");
  if (id == 0) {
    return Assignment{Assignment::Kind::kDeployer, configuration, std::move(there), service_};
  }
  deployers_.push_back(
      {id, std::move(here), configuration.settings, steady_clock::now(), ++turns_});
  return std::nullopt;
}

const DeployerProcess* Deployers::of(const settings::Settings* settings) const {
  const auto found = std::ranges::find_if(deployers_, [settings](const auto& deployer) {
    return deployer.settings.get() == settings && deployer.state != DeployerState::kEnding;
  });
  return found == deployers_.end() ? nullptr : &*found;
}

DeployerProcess* Deployers::of(const settings::Settings* settings) {
  return const_cast<DeployerProcess*>(std::as_const(*this).of(settings));
}

bool Deployers::has_turn(const Configuration& configuration) const {
  return std::ranges::all_of(deployers_, [&](const auto& deployer) {
    return deployer.state == DeployerState::kReleased ||
           (deployer.settings == configuration.settings &&
            deployer.state != DeployerState::kEnding);
  });
}

void Deployers::release(DeployerProcess& deployer) {
  if (deployer.state != DeployerState::kWorking) return;
  deployer.state = DeployerState::kReleasing;
  deployer.kill_at = steady_clock::now() + control::kReleaseLimit;
  deployer.channel.post({{"say", deployer_message::kRelease}});
}

void Deployers::released(DeployerProcess& deployer) {
  if (deployer.state != DeployerState::kReleasing) return;
  deployer.state = DeployerState::kReleased;
  deployer.kill_at = steady_clock::time_point::max();
}

void Deployers::resume(DeployerProcess& deployer) {
  deployer.state = DeployerState::kWorking;
  deployer.up = false;
  deployer.turn = ++turns_;
  deployer.channel.post({{"say", deployer_message::kResume}});
}

void Deployers::end(DeployerProcess& deployer) {
  if (deployer.state == DeployerState::kEnding) return;
  deployer.state = DeployerState::kEnding;
  deployer.kill_at = steady_clock::now() + kEndLimit;
  deployer.channel.post({{"say", deployer_message::kEnd}});
}

void Deployers::end_all() {
  for (auto& deployer : deployers_) end(deployer);
}

void Deployers::send_to_all(const nlohmann::json& message) {
  for (auto& deployer : deployers_) deployer.channel.post(message);
}

void Deployers::note_whether_works(const settings::Settings* settings) {
  const DeployerProcess* const deployer = of(settings);
  if (deployer != nullptr && deployer->up) {
    absent_since_.reset();
  } else if (!absent_since_) {
    absent_since_ = steady_clock::now();
  }
}

void Deployers::kill_overdue() {
  const auto now = steady_clock::now();
  for (auto& deployer : deployers_) {
    if (deployer.kill_at > now) continue;
    if (base::being_debugged(deployer.id)) {
      deployer.kill_at = now + kNextDebuggerCheck;
      continue;
    }
    deployer.overdue = true;
    deployer.kill_at = steady_clock::time_point::max();
    ::kill(deployer.id, SIGKILL);
  }
}

std::optional<DeployerProcess> Deployers::take(pid_t id) {
  const auto found = std::ranges::find(deployers_, id, &DeployerProcess::id);
  if (found == deployers_.end()) return std::nullopt;
  std::optional<DeployerProcess> taken(std::move(*found));
  deployers_.erase(found);
  return taken;
}

void Deployers::set_unserved(const DeployerProcess& deployer, std::vector<std::string> groups) {
  unserved_[deployer.settings] = std::move(groups);
}

const std::vector<std::string>& Deployers::unserved(const settings::Settings* settings) const {
  static const std::vector<std::string> kNone;
  const auto found = std::ranges::find_if(
      unserved_, [settings](const auto& entry) { return entry.first.get() == settings; });
  return found == unserved_.end() ? kNone : found->second;
}

}  // namespace shoal::supervisor
