#include "supervisor/supervisor.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>

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

}  // namespace

Supervisor::Supervisor(settings::Settings settings)
    : run_folder_(settings.run, settings.workers.grace + kOrphanGrace),
      answers_(run_folder_.path()),
      service_{
          .crashes = CrashLog(run_folder_.path()),
          .configurations = {Configuration::open(std::move(settings), inherited_), inherited_}},
      deployer_watch_(
          service_, answers_,
          [this](const settings::Settings* of, const std::string& why) { cannot_start(of, why); }) {
  answers_.control().share_with(service_.configurations.current().control_group);
}

std::optional<Assignment> Supervisor::run() {
  while (!service_.stopping || !service_.workers.all().empty() ||
         !service_.deployers.all().empty()) {
    run_folder_.check(answers_.control(), service_.configurations.current().settings->state.path);
    if (auto assignment = start_processes()) return assignment;
    wait();
    handle_signals();
    read_messages();
    answers_.serve(service_);
    if (answers_.take_reload_request()) reload_configuration();
    deployer_watch_.watch_pulse();
    reap();
    service_.crashes.conclude();
    drain_replaced_workers();
    service_.workers.kill_overdue();
    service_.deployers.kill_overdue();
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
  const auto watch_channel = [&watched](const control::Channel& channel) {
    if (channel.closed()) return;
    const short writable = channel.has_unsent() ? POLLOUT : 0;
    watched.push_back({channel.descriptor(), static_cast<short>(POLLIN | writable), 0});
  };
  std::ranges::for_each(answers_.descriptors(service_), watch);
  std::ranges::for_each(service_.crashes.descriptors(), watch);
  if (service_.stopping) watch(service_.configurations.current().handover->descriptor());
  for (const auto& worker : service_.workers.all()) watch_channel(worker.channel);
  for (const auto& deployer : service_.deployers.all()) watch_channel(deployer.channel);
  const auto left = std::chrono::ceil<milliseconds>(next_deadline() - Clock::now());
  ::poll(watched.data(), watched.size(),
         static_cast<int>(std::clamp(left, milliseconds(0), milliseconds(60'000)).count()));
}

Supervisor::Clock::time_point Supervisor::next_deadline() const {
  auto next = std::min({answers_.deadline(service_), service_.crashes.deadline(),
                        run_folder_.deadline(), deployer_watch_.deadline()});
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
      service_.deployers.send_to_all({{"say", message::kReopen}});
    } else if (signal == SIGHUP) {
      reload_configuration();
    } else {
      stop(signal);
    }
  }
}

/// Reads the new configuration; the loop then starts its deployer, when the old one has given up
/// the history, and its workers, beside those that serve. If a reload or the start is still in
/// progress, repeats this afterwards.
void Supervisor::reload_configuration() {
  if (service_.stopping) return;
  auto& configurations = service_.configurations;
  reload_again_ = configurations.next() != nullptr || !service_.ready;
  if (reload_again_) return;
  const std::string asked_by = answers_.reload_is_awaited() ? "shoal reload" : "SIGHUP";
  answers_.reload_begins();
  configurations.reload(asked_by);
  if (configurations.next() == nullptr) return answer_reload();
  restart_pause_.end();
  deployer_watch_.reload_begins();
}

void Supervisor::refuse_configuration(const std::string& why) {
  for (auto& worker : service_.workers.all()) {
    if (service_.configurations.is_next(worker.settings.get())) replace(worker);
  }
  service_.configurations.refuse(why);
  answer_reload();
  if (std::exchange(reload_again_, false)) reload_configuration();
}

/// Answers the commands that wait for the reload which has just ended.
void Supervisor::answer_reload() {
  const auto& errors = service_.configurations.reloads().errors;
  if (errors.empty()) return answers_.reload_ends({{"verdict", "live"}});
  std::string reason;
  for (const auto& error : errors) reason += (reason.empty() ? "" : "\n") + error;
  answers_.reload_ends({{"verdict", "refused"}, {"reason", reason}});
}

void Supervisor::stop(int signal) {
  if (service_.stopping) return;
  spdlog::info("stopping: {}", ::strsignal(signal));
  control::notify_systemd("STOPPING=1");
  begin_stopping();
  service_.configurations.close();
  inherited_.close();
}

void Supervisor::begin_stopping() {
  service_.stopping = true;
  service_.workers.drain_all();
  service_.deployers.end_all();
  answers_.stop();
}

// --- messages

void Supervisor::read_messages() {
  deployer_watch_.read_messages();
  for (auto& worker : service_.workers.all()) {
    if (worker.channel.closed()) continue;
    worker.channel.push();
    for (const auto& message : worker.channel.receive()) handle(worker, message);
  }
}

void Supervisor::handle(WorkerProcess& worker, const nlohmann::json& message) {
  const std::string said = control::text_of(message, "say");
  if (deployer_watch_.relay().from_worker(worker, message)) return;
  if (said == message::kReady) {
    became_ready(worker);
  } else if (said == message::kFailed) {
    const std::string why = control::text_of(message, "why");
    if (!service_.configurations.is_next(worker.settings.get())) {
      spdlog::error("worker {} cannot start: {}", worker.id, why);
    }
    cannot_start(worker.settings.get(), why);
  } else if (said == message::kStatus && message.contains("status")) {
    answers_.queries().received(worker, control::number_of(message, "query"), message["status"]);
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
    share_control_socket();
    answer_reload();
  }
  if (!service_.ready && service_.is_complete(configurations.current())) {
    service_.ready = true;
    const auto& workers = configurations.current().settings->workers;
    spdlog::info("ready: {} process{}, up to {} thread{}{}", workers.processes,
                 workers.processes == 1 ? "" : "es", workers.threads,
                 workers.threads == 1 ? "" : "s", workers.processes == 1 ? "" : " each");
    control::notify_systemd("READY=1");
  }
  if (reload_again_) reload_configuration();
}

/// A worker or the deployer of these settings cannot start: the first start fails with it, and a
/// reload is refused.
void Supervisor::cannot_start(const settings::Settings* settings, const std::string& why) {
  if (service_.configurations.is_next(settings)) return refuse_configuration(why);
  if (service_.ready || service_.stopping) return;
  cannot_start_ = why;
  begin_stopping();
}

/// Applies `control.group` of the configuration that has taken effect.
void Supervisor::share_control_socket() try {
  answers_.control().share_with(service_.configurations.current().control_group);
} catch (const std::exception& error) {
  spdlog::error("{}", error.what());
}

// --- the life of processes

std::optional<Assignment> Supervisor::start_processes() {
  if (!run_folder_.usable()) return std::nullopt;  // without it no process can start
  if (auto deployer = deployer_watch_.give_turn()) return deployer;
  return start_workers();
}

/// Starts the workers that are missing: those of a new configuration once its deployer has its
/// turn.
std::optional<Assignment> Supervisor::start_workers() try {
  const auto& configurations = service_.configurations;
  for (const auto* configuration : {&configurations.current(), configurations.next()}) {
    const bool starts = configuration == &configurations.current() ||
                        (configuration != nullptr &&
                         service_.deployers.of(configuration->settings.get()) != nullptr);
    while (starts && !service_.stopping && restart_pause_.is_over() &&
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
  if (worker.state == State::kDraining) return;
  deployer_watch_.relay().left(worker);
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

void Supervisor::reap() {
  int status = 0;
  for (pid_t id = 0; (id = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    if (auto worker = service_.workers.take(id, status)) {
      exited(std::move(*worker));
    } else if (auto deployer = service_.deployers.take(id)) {
      deployer_watch_.exited(std::move(*deployer), status);
    }
  }
}

void Supervisor::exited(WorkerProcesses::Exited exited) {
  auto& worker = exited.worker;
  if (!worker.channel.closed()) {
    for (const auto& message : worker.channel.receive())
      handle(worker, message);  // sent before it exited
  }
  answers_.queries().exited(worker);
  const std::string how = exited.how();
  const bool crashed = exited.signal() != 0 && !worker.overdue;
  const bool died_early = worker.state != State::kDraining || exited.signal() != 0;
  if (died_early) spdlog::error("worker {} {}", worker.id, how);
  const auto& rules = service_.configurations.current().settings->quarantine;
  const auto crash =
      crashed ? service_.crashes.add(worker.id, exited.signal(), rules) : CrashLog::Crash{};
  deployer_watch_.relay().exited(exited, crash);
  if (crash.culprit) deployer_watch_.withdrawals().add(*crash.culprit);
  if (died_early && !service_.stopping) died(worker, how);
}

void Supervisor::died(const WorkerProcess& worker, const std::string& how) {
  if (worker.state == State::kStarting && service_.configurations.is_next(worker.settings.get())) {
    return refuse_configuration("a worker " + how);
  }
  restart_pause_.process_died(worker.started);
}

}  // namespace shoal::supervisor
