#include "supervisor/worker_processes.hpp"

#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/debugged.hpp"
#include "control/messages.hpp"

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
  const bool announces = started(configuration) == 0;
  const pid_t id = ::fork();
  if (id < 0) throw std::system_error(errno, std::generic_category(), "cannot start a worker");
  if (id == 0) return Assignment{configuration, std::move(there), announces};
  workers_.push_back({id, std::move(here), configuration.settings, steady_clock::now()});
  return std::nullopt;
}

int WorkerProcesses::Exited::signal() const { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }

std::string WorkerProcesses::Exited::how() const {
  if (worker.overdue) return "did not exit in time and was killed";
  if (signal() != 0) return std::string("was ended by ") + ::strsignal(signal());
  return "exited by itself with exit code " + std::to_string(WEXITSTATUS(status));
}

std::vector<WorkerProcesses::Exited> WorkerProcesses::reap() {
  std::vector<Exited> exited;
  int status = 0;
  for (pid_t id = 0; (id = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    const auto found = std::ranges::find(workers_, id, &WorkerProcess::id);
    if (found == workers_.end()) continue;
    exited.push_back({std::move(*found), status});
    workers_.erase(found);
  }
  return exited;
}

void WorkerProcesses::drain(WorkerProcess& worker, Connections connections) {
  if (worker.state == State::kDraining) return;
  worker.state = State::kDraining;
  worker.kill_at = latest_exit_of(worker);
  worker.channel.send(
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
  for (auto& worker : workers_) worker.channel.send(message);
}

void WorkerProcesses::reconsider(const std::string& group) {
  send_to_all({{"say", message::kReconsider}, {"group", group}});
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
