#include "supervisor/supervisor.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "control/logging.hpp"
#include "control/messages.hpp"
#include "control/systemd.hpp"

namespace shoal::supervisor {
namespace {

namespace message = control::message;
using Connections = WorkerProcesses::Connections;
using State = WorkerProcess::State;
using std::chrono::milliseconds;

// How much longer than workers.grace to wait for the workers of a supervisor that was killed.
constexpr std::chrono::seconds kOrphanGrace{5};

/// Begins the ledger of this run of the service, which must be done before a socket is opened.
Configuration open_first(settings::Settings settings, const InheritedSockets& inherited,
                         modules::Ledger& ledger) {
  ledger.begin();
  return Configuration::open(std::move(settings), inherited);
}

}  // namespace

Supervisor::Supervisor(settings::Settings settings)
    : run_folder_(settings.run, settings.workers.grace + kOrphanGrace),
      ledger_(run_folder_.path()),
      answers_(run_folder_.path(), ledger_),
      service_{
          .crashes = CrashLog(run_folder_.path()),
          .configurations = {open_first(std::move(settings), inherited_, ledger_), inherited_}} {}

std::optional<Assignment> Supervisor::run() {
  while (!service_.stopping || !service_.workers.all().empty()) {
    run_folder_.check(answers_.control(), service_.configurations.current().settings->state.path);
    if (auto assignment = start_workers()) return assignment;
    wait();
    handle_signals();
    read_messages();
    answers_.serve(service_);
    reap_workers();
    service_.crashes.conclude();
    drain_replaced_workers();
    service_.workers.kill_overdue();
    if (service_.stopping) close_left_connections();
  }
  service_.crashes.finish();
  if (!cannot_start_.empty()) throw std::runtime_error(cannot_start_);
  spdlog::info("stopped");
  return std::nullopt;
}

// --- waiting

void Supervisor::wait() const {
  std::vector<pollfd> watched{{signals_.descriptor(), POLLIN, 0}};
  const auto watch = [&watched](int descriptor) { watched.push_back({descriptor, POLLIN, 0}); };
  std::ranges::for_each(answers_.descriptors(service_), watch);
  std::ranges::for_each(service_.crashes.descriptors(), watch);
  if (service_.stopping) watch(service_.configurations.current().handover->descriptor());
  for (const auto& worker : service_.workers.all()) {
    if (!worker.channel.closed()) watch(worker.channel.descriptor());
  }
  const auto left = std::chrono::ceil<milliseconds>(next_deadline() - Clock::now());
  ::poll(watched.data(), watched.size(),
         static_cast<int>(std::clamp(left, milliseconds(0), milliseconds(60'000)).count()));
}

Supervisor::Clock::time_point Supervisor::next_deadline() const {
  auto next =
      std::min({answers_.deadline(service_), service_.crashes.deadline(), run_folder_.deadline()});
  for (const auto& worker : service_.workers.all()) next = std::min(next, worker.kill_at);
  return lacks_workers() ? std::min(next, restart_pause_.until()) : next;
}

bool Supervisor::lacks_workers() const {
  const auto& current = service_.configurations.current();
  return !service_.stopping && run_folder_.usable() && service_.lacks_workers(current);
}

// --- signals

void Supervisor::handle_signals() {
  while (const int signal = signals_.take()) {
    if (signal == SIGCHLD) continue;  // it has ended the wait; reap_workers does the rest
    if (signal == SIGUSR1) {
      control::reopen_log();
      service_.workers.send_to_all({{"say", message::kReopen}});
    } else if (signal == SIGHUP) {
      reload_configuration();
    } else {
      stop(signal);
    }
  }
}

/// Reads the new configuration; start_workers then starts its workers beside those that serve. If
/// a reload or the start is still in progress, repeats this afterwards.
void Supervisor::reload_configuration() {
  if (service_.stopping) return;
  reload_again_ = service_.configurations.next() != nullptr || !service_.ready;
  if (reload_again_) return;
  service_.configurations.reload();
  if (service_.configurations.next() != nullptr) restart_pause_.end();
}

void Supervisor::refuse_configuration(const std::string& why) {
  for (auto& worker : service_.workers.all()) {
    if (service_.configurations.is_next(worker.settings.get())) replace(worker);
  }
  service_.configurations.refuse(why);
  if (std::exchange(reload_again_, false)) reload_configuration();
}

void Supervisor::stop(int signal) {
  if (std::exchange(service_.stopping, true)) return;
  spdlog::info("stopping: {}", ::strsignal(signal));
  control::notify_systemd("STOPPING=1");
  service_.workers.drain_all();
  service_.configurations.close();
  inherited_.close();
}

// --- messages of workers

void Supervisor::read_messages() {
  for (auto& worker : service_.workers.all()) {
    if (worker.channel.closed()) continue;
    for (const auto& message : worker.channel.receive()) handle(worker, message);
  }
}

void Supervisor::handle(WorkerProcess& worker, const nlohmann::json& message) {
  const std::string said = control::text_of(message, "say");
  if (said == message::kReady) {
    became_ready(worker);
  } else if (said == message::kFailed) {
    failed_to_start(worker, control::text_of(message, "why"));
  } else if (said == message::kStatus && message.contains("status")) {
    answers_.queries().received(worker, control::number_of(message, "query"), message["status"]);
  } else if (said == message::kUnserved) {
    worker.unserved = control::texts_of(message, "groups");
  } else if (said == message::kReplace && worker.state == State::kServing) {
    spdlog::info("worker {} is replaced: {}", worker.id, control::text_of(message, "why"));
    worker.state = State::kReplacing;
  }
}

void Supervisor::became_ready(WorkerProcess& worker) {
  if (worker.state != State::kStarting) return;
  worker.state = State::kServing;
  auto& configurations = service_.configurations;
  if (configurations.next() != nullptr && service_.is_complete(*configurations.next())) {
    configurations.adopt();
    run_folder_.forget_state();
  }
  if (!service_.ready && service_.is_complete(configurations.current())) {
    service_.ready = true;
    const auto& workers = configurations.current().settings->workers;
    spdlog::info("ready: {} process{}, {} threads{}", workers.processes,
                 workers.processes == 1 ? "" : "es", workers.threads,
                 workers.processes == 1 ? "" : " each");
    control::notify_systemd("READY=1");
  }
  if (reload_again_) reload_configuration();
}

void Supervisor::failed_to_start(const WorkerProcess& worker, const std::string& why) {
  if (service_.configurations.is_next(worker.settings.get())) return refuse_configuration(why);
  spdlog::error("worker {} cannot start: {}", worker.id, why);
  if (service_.ready || service_.stopping) return;
  cannot_start_ = why;
  service_.stopping = true;
  service_.workers.drain_all();
}

// --- the life of workers

std::optional<Assignment> Supervisor::start_workers() try {
  if (!run_folder_.usable()) return std::nullopt;  // without it no worker can start
  const auto& configurations = service_.configurations;
  for (const auto* configuration : {&configurations.current(), configurations.next()}) {
    while (configuration != nullptr && !service_.stopping && restart_pause_.is_over() &&
           service_.lacks_workers(*configuration)) {
      if (auto assignment = service_.workers.start(*configuration)) return assignment;
    }
  }
  return std::nullopt;
} catch (const std::exception& error) {
  spdlog::error("{}; will retry in {} ms", error.what(), RestartPause::kLongest.count());
  restart_pause_.start_failed();
  return std::nullopt;
}

/// Drains the workers that asked to be replaced or have an old configuration, once enough other
/// workers serve.
void Supervisor::drain_replaced_workers() {
  const auto& configurations = service_.configurations;
  if (!service_.is_complete(configurations.current())) return;
  for (auto& worker : service_.workers.all()) {
    const bool is_old = worker.settings != configurations.current().settings &&
                        !configurations.is_next(worker.settings.get());
    if (worker.state == State::kReplacing || is_old) replace(worker);
  }
}

/// Drains the worker. Other workers take over the connections that web servers keep open to it,
/// unless the current configuration does not admit their clients.
void Supervisor::replace(WorkerProcess& worker) {
  const bool may_hand_over = service_.configurations.current().admits_clients_of(*worker.settings);
  WorkerProcesses::drain(worker, may_hand_over ? Connections::kHandedOver : Connections::kClosed);
}

/// Closes the connections in the handover. Workers that were replaced before the service stopped
/// may still put some there, and no worker takes them any more.
void Supervisor::close_left_connections() const try {
  while (service_.configurations.current().handover->take()) {
  }
} catch (const std::exception& error) {
  spdlog::warn("{}", error.what());
}

void Supervisor::reap_workers() {
  for (auto& exited : service_.workers.reap()) {
    auto& worker = exited.worker;
    if (!worker.channel.closed()) {
      for (const auto& message : worker.channel.receive())
        handle(worker, message);  // sent before it exited
    }
    answers_.queries().exited(worker);
    if (worker.state != State::kDraining || exited.signal() != 0) died(exited);
  }
}

void Supervisor::died(const WorkerProcesses::Exited& exited) {
  const auto& worker = exited.worker;
  const std::string how = exited.how();
  spdlog::error("worker {} {}", worker.id, how);
  if (exited.signal() != 0 && !worker.overdue) {
    const auto& rules = service_.configurations.current().settings->quarantine;
    const auto culprit = service_.crashes.add(worker.id, exited.signal(), rules);
    if (culprit) withdraw(*culprit);
  }
  if (service_.stopping) return;
  if (worker.state == State::kStarting && service_.configurations.is_next(worker.settings.get())) {
    return refuse_configuration("a worker " + how);
  }
  restart_pause_.worker_died(worker.started);
}

void Supervisor::withdraw(const CrashLog::Culprit& culprit) {
  const auto withdrawn = ledger_.quarantine(culprit.group, culprit.number, culprit.crashes);
  if (!withdrawn) return;
  spdlog::error("{}", *withdrawn);
  service_.workers.reconsider(culprit.group);
}

}  // namespace shoal::supervisor
