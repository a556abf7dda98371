#include "supervisor/worker_processes.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/debugged.hpp"
#include "control/messages.hpp"
#include "supervisor/exit_status.hpp"

namespace shoal::supervisor {
namespace {

namespace message = control::message;
using State = WorkerProcess::State;
using std::chrono::steady_clock;

// A worker exits at the end of workers.grace. One that cannot is killed this much later.
constexpr std::chrono::seconds kKillDelay{3};

constexpr std::chrono::seconds kDebuggerCheck{1};  // interval, while a worker has a debugger

steady_clock::time_point latest_exit_of(const WorkerProcess& worker) {
  return steady_clock::now() + worker.settings->workers.grace + kKillDelay;
}

/// Returns true while a debugger is attached, and once more when it has left: the worker gets its
/// whole time again then.
bool is_debugged(WorkerProcess& worker) {
  if (base::being_debugged(worker.id)) {
    if (!std::exchange(worker.debugged, true)) {
      spdlog::info("worker {}: should have exited; waiting until its debugger leaves", worker.id);
    }
    worker.kill_at = steady_clock::now() + kDebuggerCheck;
    return true;
  }
  if (!std::exchange(worker.debugged, false)) return false;
  worker.kill_at = latest_exit_of(worker);
  return true;
}

}  // namespace

std::optional<Assignment> WorkerProcesses::start(const Configuration& configuration) {
  auto [here, there] = control::Channel::pair();
  const status::CounterSlot slot{counters_, counters_->claim()};
  const pid_t id = ::fork();
  if (id < 0) {
    counters_->release(slot.number);
    throw std::system_error(errno, std::generic_category(), "cannot start a worker");
  }
  if (id == 0) {
    return Assignment{Assignment::Kind::kWorker, configuration, std::move(there), {}, slot};
  }
  workers_.push_back({id, std::move(here), configuration.settings, steady_clock::now()});
  workers_.back().slot = slot.number;
  return std::nullopt;
}

int WorkerProcesses::Exited::signal() const { return signal_of(status); }

std::string WorkerProcesses::Exited::how() const {
  if (worker.overdue) return "did not exit in time and was killed";
  return how_it_ended(status);
}

std::optional<WorkerProcesses::Exited> WorkerProcesses::take(pid_t id, int status) {
  const auto found = std::ranges::find(workers_, id, &WorkerProcess::id);
  if (found == workers_.end()) return std::nullopt;
  counters_->release(found->slot);
  std::optional<Exited> exited(Exited{std::move(*found), status});
  workers_.erase(found);
  return exited;
}

void WorkerProcesses::drain(WorkerProcess& worker, Connections connections) {
  if (worker.state == State::kDraining) return;
  worker.state = State::kDraining;
  worker.kill_at = latest_exit_of(worker);
  worker.channel.post(
      {{"say", message::kDrain}, {"hand_over", connections == Connections::kHandedOver}});
}

void WorkerProcesses::drain_all() {
  for (auto& worker : workers_) drain(worker, Connections::kClosed);
}

void WorkerProcesses::kill_overdue() {
  for (auto& worker : workers_) {
    if (worker.overdue || worker.kill_at > steady_clock::now()) continue;
    if (is_debugged(worker)) continue;
    worker.overdue = true;
    worker.kill_at = steady_clock::time_point::max();
    ::kill(worker.id, SIGKILL);
  }
}

void WorkerProcesses::send_to_all(const nlohmann::json& message) {
  for (auto& worker : workers_) worker.channel.post(message);
}

std::size_t WorkerProcesses::started(const Configuration& configuration) const {
  return static_cast<std::size_t>(std::ranges::count_if(workers_, [&](const WorkerProcess& worker) {
    return worker.settings == configuration.settings && worker.state < State::kReplacing;
  }));
}

std::size_t WorkerProcesses::serving(const Configuration& configuration) const {
  return static_cast<std::size_t>(std::ranges::count_if(workers_, [&](const WorkerProcess& worker) {
    return worker.settings == configuration.settings && worker.state == State::kServing;
  }));
}

}  // namespace shoal::supervisor
