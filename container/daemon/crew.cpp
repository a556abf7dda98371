#include "daemon/crew.hpp"

#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/debugged.hpp"
#include "daemon/worker.hpp"

namespace shoal::daemon {
namespace {

using std::chrono::steady_clock;

// A worker leaves by itself when workers.grace is over; this is for one that cannot.
constexpr std::chrono::seconds kBeyondGrace{3};

constexpr std::chrono::seconds kLook{1};  // at a debugger, while one keeps a worker

steady_clock::time_point latest_end_of(const Worker& worker) {
  return steady_clock::now() + worker.settings->workers.grace + kBeyondGrace;
}

/// A debugger stops the clock: the worker gets all of its time once the debugger has left.
bool is_kept_by_a_debugger(Worker& worker) {
  if (base::being_debugged(worker.id)) {
    if (!std::exchange(worker.debugged, true)) {
      spdlog::info("worker {}: should have ended; waiting until its debugger leaves", worker.id);
    }
    worker.kill_at = steady_clock::now() + kLook;
    return true;
  }
  if (!std::exchange(worker.debugged, false)) return false;
  worker.kill_at = latest_end_of(worker);
  return true;
}

}  // namespace

std::optional<Duty> Crew::start(const Epoch& epoch) {
  auto [here, there] = Link::pair();
  const bool speaks = strength(epoch) == 0;
  const pid_t id = ::fork();
  if (id < 0) throw std::system_error(errno, std::generic_category(), "cannot start a worker");
  if (id == 0) return Duty{epoch, std::move(there), speaks};
  workers_.push_back({id, std::move(here), epoch.settings, steady_clock::now()});
  return std::nullopt;
}

std::vector<Crew::Ended> Crew::bury() {
  std::vector<Ended> ended;
  int status = 0;
  for (pid_t id = 0; (id = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    const auto found = std::ranges::find(workers_, id, &Worker::id);
    if (found == workers_.end()) continue;
    ended.push_back({std::move(*found), status});
    workers_.erase(found);
  }
  return ended;
}

void Crew::drain(Worker& worker, Kept kept) {
  if (worker.stage == Worker::Stage::kDraining) return;
  worker.stage = Worker::Stage::kDraining;
  worker.kill_at = latest_end_of(worker);
  worker.link.send({{"say", words::kDrain}, {"hand_over", kept == Kept::kHandedOver}});
}

void Crew::kill_overdue() {
  for (auto& worker : workers_) {
    if (worker.overdue || worker.kill_at > steady_clock::now()) continue;
    if (is_kept_by_a_debugger(worker)) continue;
    worker.overdue = true;
    worker.kill_at = steady_clock::time_point::max();
    ::kill(worker.id, SIGKILL);
  }
}

std::size_t Crew::strength(const Epoch& epoch) const {
  return static_cast<std::size_t>(std::ranges::count_if(workers_, [&](const Worker& worker) {
    return worker.settings == epoch.settings && worker.stage < Worker::Stage::kRetiring;
  }));
}

std::size_t Crew::serving(const Epoch& epoch) const {
  return static_cast<std::size_t>(std::ranges::count_if(workers_, [&](const Worker& worker) {
    return worker.settings == epoch.settings && worker.stage == Worker::Stage::kServing;
  }));
}

}  // namespace shoal::daemon
