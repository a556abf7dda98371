#include "worker/worker.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/debugged.hpp"
#include "control/control_socket.hpp"
#include "control/logging.hpp"
#include "control/messages.hpp"
#include "crash/symbolizer.hpp"
#include "deployer/from_settings.hpp"
#include "releases/deployer/messages.hpp"
#include "status/json.hpp"
#include "worker/from_settings.hpp"
#include "worker/worker_status.hpp"

namespace shoal::worker {
namespace {

namespace message = control::message;
using Clock = std::chrono::steady_clock;

// How long a worker waits for a deployer that answers, and for what the deployer has judged.
constexpr std::chrono::seconds kDeployerPatience{2};
constexpr std::chrono::seconds kStartPatience{30};

// How often to look whether a thread has done what this one waits for.
constexpr std::chrono::milliseconds kNextLook{10};

constexpr std::chrono::milliseconds kForever{-1};

}  // namespace

Worker::Worker(Start start, control::Channel& supervisor)
    : settings_(start.settings),
      supervisor_(supervisor),
      traffic_(start.counters),
      access_log_(access_log_of(settings_.log)),
      status_page_(make_status_page()),
      store_(options_of(settings_.state)),
      loader_watchdog_([this](const std::string& why) { outbox_.ask_replacement(why); }),
      generations_({.run = settings_.run,
                    .feed = std::move(start.feed),
                    .grouping = deployer::grouping_of(settings_.groups),
                    .rules = rules_of(settings_.sweep),
                    .surroundings = surroundings(),
                    .send = [this](nlohmann::json message) { outbox_.post(std::move(message)); }}),
      router_(routes_of(settings_)),
      scoreboard_(settings_.workers.threads),
      stack_log_(crash::symbolizer()),
      exception_log_(stack_log_),
      line_({generations_, router_, traffic_, exception_log_, scoreboard_,
             status_page_ ? &*status_page_ : nullptr, access_log_ ? &*access_log_ : nullptr,
             settings_.expose, [this] { count_answer(); }}),
      request_watchdog_(scoreboard_, stack_log_, settings_.log.slow,
                        [this](const std::string& why) { outbox_.ask_replacement(why); }),
      server_(when_complete(std::move(start.listeners)), std::move(start.handover),
              {.limits = limits_of(settings_.limits),
               .threads = settings_.workers.threads,
               .queue = settings_.workers.queue,
               .processes = settings_.workers.processes,
               .folder = settings_.run},
              line_) {
  loader_watchdog_.serving();
  serves_ = true;
}

/// Returns the listeners once this process has opened what it is to serve. If it is not to serve,
/// closes them, so that requests wait for other processes, and throws NotNeeded.
std::vector<fastcgi::Listener> Worker::when_complete(std::vector<fastcgi::Listener> listeners) {
  await_generations();
  if (!draining_ && !supervisor_.closed()) return listeners;
  listeners.clear();
  loader_watchdog_.serving();  // what hangs is not at fault: this process ends in any case
  ending_.emplace(supervisor_.descriptor(), settings_.workers.grace);
  throw NotNeeded();
}

/// Waits until this process has opened what it is to serve, or is not to serve.
void Worker::await_generations() {
  const auto began = Clock::now();
  bool recorded = false;
  while (!generations_.complete() && !draining_ && !supervisor_.closed() &&
         Clock::now() < began + kStartPatience) {
    if (!recorded && !generations_.has_list() && Clock::now() >= began + kDeployerPatience) {
      spdlog::warn("no deployer has answered within {} s; opening what is recorded",
                   kDeployerPatience.count());
      generations_.open_recorded();
      recorded = true;
    }
    wait(kNextLook);
  }
}

void Worker::follow() {
  while (!draining_ && !supervisor_.closed()) wait(kForever);
  if (draining_) return;
  spdlog::error("the supervisor is gone; finishing the requests that run");
  generations_.stop_waiting();  // the deployer was heard through the supervisor
}

/// Waits for messages in both directions, and handles them.
void Worker::wait(std::chrono::milliseconds longest) {
  const short writable = supervisor_.has_unsent() ? POLLOUT : 0;
  std::array<pollfd, 2> watched{
      {{supervisor_.descriptor(), static_cast<short>(POLLIN | writable), 0},
       {outbox_.descriptor(), POLLIN, 0}}};
  ::poll(watched.data(), watched.size(), static_cast<int>(longest.count()));
  supervisor_.push();
  outbox_.send_to(supervisor_);
  if (supervisor_.closed()) return;
  for (const auto& message : supervisor_.receive()) handle(message);
}

void Worker::handle(const nlohmann::json& message) {
  const std::string said = control::text_of(message, "say");
  const auto& of_deployer = releases::message::kForWorkers;
  if (std::ranges::find(of_deployer, said) != of_deployer.end()) {
    generations_.handle(message);
  } else if (said == message::kDrain) {
    hands_over_ = message.value("hand_over", false);
    draining_ = true;
    // The deployer of this configuration may have given up already: nothing new may come from it.
    generations_.stop_waiting();
  } else if (said == message::kReopen) {
    control::reopen_log();
  } else if (said == message::kQuery && serves_) {
    send_status(control::number_of(message, "query"));
  }
}

void Worker::send_status(unsigned query) {
  using State = status::Worker::State;
  const auto state = draining_ ? State::kDraining : State::kServing;
  supervisor_.post(
      {{"say", message::kStatus},
       {"query", query},
       {"status", worker_status(started_, state, generations_, server_, scoreboard_, traffic_)}});
}

void Worker::finish() {
  const auto grace = settings_.workers.grace;
  auto deadline = Clock::now() + grace;
  draining_ = true;
  hands_over_ ? server_.hand_over() : server_.stop();
  bool finished = finish_within(grace);
  while (!finished && base::being_debugged(::getpid())) {
    deadline = Clock::now() + grace;
    finished = finish_within(grace);
  }
  outbox_.send_to(supervisor_);
  send_status(0);
  if (!finished) {
    spdlog::warn("requests still run after workers.grace ({} ms); exiting without them",
                 grace.count());
    // Their threads use all members, so nothing may be destroyed. The deployer removes the stages.
    std::_Exit(0);
  }
  ending_.emplace(supervisor_.descriptor(),
                  std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()));
}

/// Waits until all requests have ended. Meanwhile they still see what is dropped.
bool Worker::finish_within(std::chrono::milliseconds grace) {
  const auto deadline = Clock::now() + grace;
  while (!server_.finished_within(std::min(grace, kNextLook))) {
    if (Clock::now() >= deadline) return false;
    wait(std::chrono::milliseconds(0));
  }
  return true;
}

generations::Surroundings Worker::surroundings() {
  return {settings_.modules, [this](const std::string& group) { return store_.of(group); }, false,
          [this](releases::Step step, const generations::Generation& generation,
                 const std::string& module) { loader_watchdog_.note(step, generation, module); }};
}

std::optional<serving::StatusPage> Worker::make_status_page() const {
  if (!settings_.status) return std::nullopt;
  return serving::StatusPage(settings_.status->route, settings_.status->allow,
                             [run = settings_.run] {
                               return control::ask_container(run, {{"ask", "status"}})
                                   .at("overview")
                                   .get<status::Overview>();
                             });
}

void Worker::count_answer() {
  const auto most = settings_.workers.max_requests;
  if (most != 0 && ++served_ == most) outbox_.ask_replacement("workers.max_requests");
}

}  // namespace shoal::worker
