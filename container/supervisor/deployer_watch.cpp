#include "supervisor/deployer_watch.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/messages.hpp"
#include "releases/deployer/supervisor_messages.hpp"
#include "supervisor/exit_status.hpp"

namespace shoal::supervisor {
namespace {

namespace deployer_message = releases::supervisor_message;
namespace message = control::message;
using DeployerState = DeployerProcess::State;
using std::chrono::steady_clock;

// One that has closed its channel exits at once; or it hangs.
constexpr std::chrono::seconds kLeftTime{3};

// A drop may end two deployers before it is refused; see releases/deployer.
constexpr unsigned kMostDeathsOfNext = 3;

}  // namespace

const Configuration& DeployerWatch::next_or_current() const {
  const auto& configurations = service_.configurations;
  return configurations.next() != nullptr ? *configurations.next() : configurations.current();
}

std::optional<Assignment> DeployerWatch::give_turn() try {
  if (service_.stopping) return std::nullopt;
  const Configuration& wanted = next_or_current();
  const auto& current = service_.configurations.current();
  for (auto& other : service_.deployers.all()) {
    if (other.settings == wanted.settings) continue;
    // That of the current configuration goes on if the new one is refused.
    other.settings == current.settings ? Deployers::release(other) : Deployers::end(other);
  }
  if (!service_.deployers.has_turn(wanted)) return std::nullopt;
  DeployerProcess* deployer = service_.deployers.of(wanted.settings.get());
  if (deployer == nullptr) {
    if (!pause_.is_over()) return std::nullopt;
    if (auto assignment = service_.deployers.start(wanted)) {
      assignment->counters.counters = service_.workers.counters();
      return assignment;
    }
    deployer = service_.deployers.of(wanted.settings.get());
    answers_.queries().deployer_started(deployer->id);
    relay_.introduce(*deployer);
  }
  if (deployer->state == DeployerState::kReleased) {
    service_.deployers.resume(*deployer);
    relay_.introduce(*deployer);
  }
  if (&wanted != &current || deployer->state != DeployerState::kWorking) return std::nullopt;
  answers_.questions().send_to(*deployer);
  withdrawals_.send_to(*deployer);
  return std::nullopt;
} catch (const std::exception& error) {
  spdlog::error("{}; will retry in {} ms", error.what(), RestartPause::kLongest.count());
  pause_.start_failed();
  return std::nullopt;
}

void DeployerWatch::reload_begins() {
  deaths_of_next_ = 0;
  pause_.end();
}

void DeployerWatch::read_messages() {
  for (auto& deployer : service_.deployers.all()) {
    if (deployer.channel.closed()) continue;
    deployer.channel.push();
    for (const auto& message : deployer.channel.receive()) handle(deployer, message);
    if (deployer.channel.closed()) {
      deployer.kill_at = std::min(deployer.kill_at, steady_clock::now() + kLeftTime);
    }
  }
}

void DeployerWatch::handle(DeployerProcess& deployer, const nlohmann::json& message) {
  const std::string said = control::text_of(message, "say");
  const auto words = message.value("words", nlohmann::json::object());
  if (said == deployer_message::kTo) {
    relay_.from_deployer(deployer, message);
  } else if (said == deployer_message::kAnswer) {
    answers_.questions().answered(control::number_of(message, "question"), words);
  } else if (said == deployer_message::kProgress) {
    answers_.questions().progressed(control::number_of(message, "question"), words);
  } else if (said == deployer_message::kUnserved) {
    service_.deployers.set_unserved(deployer, control::texts_of(message, "groups"));
  } else if (said == deployer_message::kReplaceWorker) {
    replace(message);
  } else if (said == deployer_message::kWithdrawn) {
    withdrawals_.done(control::text_of(message, "group"), control::number_of(message, "number"));
  } else if (said == message::kStatus && message.contains("status")) {
    answers_.queries().deployer_answered(message["status"]);
  } else if (said == deployer_message::kReleased) {
    Deployers::released(deployer);
  } else if (said == deployer_message::kUp) {
    deployer.up = true;
  } else if (said == deployer_message::kCannotStart) {
    const std::string why = control::text_of(message, "why");
    spdlog::error("deployer {} cannot start: {}", deployer.id, why);
    cannot_start_(deployer.settings.get(), why);
  }
}

void DeployerWatch::replace(const nlohmann::json& message) {
  const auto id = static_cast<pid_t>(control::number_of(message, "worker"));
  auto& workers = service_.workers.all();
  const auto worker = std::ranges::find(workers, id, &WorkerProcess::id);
  if (worker == workers.end() || worker->state == WorkerProcess::State::kDraining) return;
  spdlog::warn("worker {} is replaced: {}", id, control::text_of(message, "why"));
  worker->state = WorkerProcess::State::kReplacing;
}

void DeployerWatch::exited(DeployerProcess deployer, int status) {
  if (!deployer.channel.closed()) {
    for (const auto& message : deployer.channel.receive()) handle(deployer, message);
  }
  answers_.queries().deployer_exited();
  const bool was_told = deployer.state == DeployerState::kEnding;
  if (was_told && signal_of(status) == 0) return;
  const std::string how = deployer.overdue
                              ? (was_told ? "did not exit in time and was killed"
                                          : "did not end its work in time and was killed")
                              : how_it_ended(status);
  spdlog::error("deployer {} {}", deployer.id, how);
  if (was_told || service_.stopping) return;
  pause_.process_died(deployer.started);
  if (service_.configurations.is_next(deployer.settings.get()) &&
      ++deaths_of_next_ >= kMostDeathsOfNext) {
    cannot_start_(deployer.settings.get(), "its deployer " + how);
  }
}

steady_clock::time_point DeployerWatch::deadline() const {
  auto next = steady_clock::time_point::max();
  for (const auto& deployer : service_.deployers.all()) next = std::min(next, deployer.kill_at);
  const Configuration& wanted = next_or_current();
  const bool starts = !service_.stopping && service_.deployers.has_turn(wanted) &&
                      service_.deployers.of(wanted.settings.get()) == nullptr;
  return starts ? std::min(next, pause_.until()) : next;
}

}  // namespace shoal::supervisor
