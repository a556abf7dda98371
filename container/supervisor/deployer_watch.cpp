#include "supervisor/deployer_watch.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/limits.hpp"
#include "control/messages.hpp"
#include "releases/deployer/supervisor_messages.hpp"
#include "status/words.hpp"
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

// While a command waits. What is answered at once costs no ping.
constexpr std::chrono::milliseconds kFirstPing{500};
constexpr std::chrono::seconds kNextPing{1};

std::string text_of(steady_clock::time_point when) {
  const std::chrono::duration<double> age = steady_clock::now() - when;
  return status::utc(status::now() - age.count());
}

/// Returns that the deployer is silent, with the remedy; empty: it is not.
std::string silence_of(const DeployerProcess& deployer) {
  if (!deployer.pulse.is_silent()) return "";
  const std::string id = std::to_string(deployer.id);
  return "the deployer (process " + id + ") has not answered since " +
         text_of(*deployer.pulse.since()) + "; see what it does with \"gdb -p " + id +
         "\", or run \"kill -KILL " + id + "\": another one takes over";
}

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

void DeployerWatch::watch_pulse() {
  const auto now = steady_clock::now();
  const auto* const settings = service_.configurations.current().settings.get();
  service_.deployers.note_whether_works(settings);
  if (!answers_.await_a_deployer()) {
    awaited_since_.reset();
    return;
  }
  if (!awaited_since_) awaited_since_ = now;
  if (const auto due = ping_due(); due && *due <= now) {
    service_.deployers.of(settings)->ask(Pulse::Asked::kSign);
  }
  answers_.questions().tell_hindrance(hindrance());
  answers_.tell_reload(hindrance_of_reload());
}

/// Returns when to ask for the next sign of life; nullopt if no command waits, no deployer runs, or
/// it owes one.
std::optional<steady_clock::time_point> DeployerWatch::ping_due() const {
  const auto* const deployer =
      service_.deployers.of(service_.configurations.current().settings.get());
  if (!awaited_since_ || deployer == nullptr || deployer->pulse.owes(Pulse::Asked::kSign)) {
    return std::nullopt;
  }
  return std::max(*awaited_since_ + kFirstPing, deployer->pulse.heard() + kNextPing);
}

/// Returns when the hindrance changes, if nothing else happens before.
steady_clock::time_point DeployerWatch::silent_at() const {
  const auto* const deployer =
      service_.deployers.of(service_.configurations.current().settings.get());
  const auto since = deployer != nullptr && deployer->up ? deployer->pulse.since()
                                                         : service_.deployers.absent_since();
  if (!since || *since + control::kSilence <= steady_clock::now()) {
    return steady_clock::time_point::max();
  }
  return *since + control::kSilence;
}

/// Returns what holds up the answers of the deployer; empty: nothing does.
std::string DeployerWatch::hindrance() const {
  if (service_.configurations.next() != nullptr) {
    return "the configuration is being reloaded, and the deployer answers afterwards: " +
           hindrance_of_reload();
  }
  const auto now = steady_clock::now();
  const auto absent = service_.deployers.absent_since();
  const auto* const deployer =
      service_.deployers.of(service_.configurations.current().settings.get());
  if (deployer != nullptr && deployer->up) return silence_of(*deployer);
  if (!absent || now - *absent < control::kSilence) return "";
  return deployer == nullptr ? "the deployer ended at " + text_of(*absent) +
                                   ", and another one is to start; the log tells why it ended"
                             : "no deployer has worked since " + text_of(*absent) + "; process " +
                                   std::to_string(deployer->id) +
                                   " is starting; see the log, and what it does with \"gdb -p " +
                                   std::to_string(deployer->id) + "\"";
}

/// Returns what the reload of the configuration waits for.
std::string DeployerWatch::hindrance_of_reload() const {
  const auto* const old = service_.deployers.of(service_.configurations.current().settings.get());
  if (old == nullptr || old->state != DeployerState::kReleasing) {
    return "the processes of the new configuration are starting";
  }
  const std::string limit = std::to_string(control::kReleaseLimit.count()) + " s";
  const std::string silent = silence_of(*old);
  if (silent.empty()) return "the deployer finishes what is in hand, within " + limit;
  return silent + "; otherwise it is killed " + limit + " after the reload began";
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
  } else if (said == message::kStatus) {
    deployer.pulse.answered(Pulse::Asked::kStatus);
    answers_.queries().deployer_answered(message.value("status", nlohmann::json()));
  } else if (said == deployer_message::kPong) {
    deployer.pulse.answered(Pulse::Asked::kSign);
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
  const auto* const current = service_.configurations.current().settings.get();
  if (deployer.settings.get() == current) answers_.queries().deployer_exited();
  service_.deployers.note_whether_works(current);
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
  if (starts) next = std::min(next, pause_.until());
  if (!awaited_since_) return next;
  if (const auto due = ping_due()) next = std::min(next, *due);
  return std::min(next, silent_at());
}

}  // namespace shoal::supervisor
