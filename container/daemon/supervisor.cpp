#include "daemon/supervisor.hpp"

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

#include "daemon/log.hpp"
#include "daemon/systemd.hpp"
#include "daemon/worker.hpp"

namespace shoal::daemon {
namespace {

using std::chrono::milliseconds;
using Stage = Worker::Stage;

// Who dies sooner than this after its start has died quickly.
constexpr std::chrono::seconds kLongLife{10};

// For the workers of a supervisor that was killed.
constexpr std::chrono::seconds kBeyondGrace{5};

// The first two are replaced at once, each further one in a row later.
constexpr milliseconds kShortestPause{100};
constexpr milliseconds kLongestPause{5'000};

milliseconds pause_after(unsigned quick_deaths) {
  if (quick_deaths < 3) return milliseconds(0);
  return std::min(kShortestPause * (1u << std::min(quick_deaths - 3, 10u)), kLongestPause);
}

}  // namespace

Supervisor::Supervisor(settings::Settings settings)
    : pid_file_(settings.run, settings.workers.grace + kBeyondGrace),
      ledger_(make_folders(settings.run)),
      control_(settings.run),
      casualties_(settings.run) {
  ledger_.begin();
  epoch_ = Epoch::make(std::move(settings), inherited_);
}

std::optional<Duty> Supervisor::run() {
  while (!stopping_ || !crew_.workers().empty()) {
    look_after_run_folder();
    if (auto duty = fill_up()) return duty;
    wait();
    follow_signals();
    listen_to_workers();
    answer_questions();
    answer_health_checks();
    bury_the_dead();
    casualties_.conclude();
    let_the_old_go();
    crew_.kill_overdue();
    if (stopping_) part_with_the_left();
    tell_systemd_how_it_is();
  }
  casualties_.finish();
  if (!cannot_start_.empty()) throw std::runtime_error(cannot_start_);
  spdlog::info("stopped");
  return std::nullopt;
}

// --- waiting

void Supervisor::wait() const {
  std::vector<pollfd> watched{{signals_.descriptor(), POLLIN, 0}};
  for (const int descriptor : control_.descriptors()) watched.push_back({descriptor, POLLIN, 0});
  for (const int descriptor : health_.descriptors(epoch_.health.get())) {
    watched.push_back({descriptor, POLLIN, 0});
  }
  for (const int descriptor : casualties_.descriptors()) watched.push_back({descriptor, POLLIN, 0});
  if (stopping_) watched.push_back({epoch_.handover->descriptor(), POLLIN, 0});
  for (const auto& worker : crew_.workers()) {
    if (!worker.link.closed()) watched.push_back({worker.link.descriptor(), POLLIN, 0});
  }
  const auto left = std::chrono::ceil<milliseconds>(next_deadline() - Clock::now());
  ::poll(watched.data(), watched.size(),
         static_cast<int>(std::clamp(left, milliseconds(0), milliseconds(60'000)).count()));
}

Supervisor::Clock::time_point Supervisor::next_deadline() const {
  auto next = Clock::time_point::max();
  for (const auto& worker : crew_.workers()) next = std::min(next, worker.kill_at);
  if (!stopping_ && crew_.strength(epoch_) < epoch_.settings->workers.processes) {
    if (run_folder_problem_.empty()) next = std::min(next, start_not_before_);
  }
  next = std::min(
      {next, inquiries_.deadline(), health_.deadline(), casualties_.deadline(), run_folder_due_});
  if (watchdog_of_systemd()) next = std::min(next, watchdog_due_);
  if (under_systemd()) next = std::min(next, status_due_);
  return next == Clock::time_point::max() ? Clock::now() + std::chrono::hours(1) : next;
}

// --- signals

void Supervisor::follow_signals() {
  while (const int signal = signals_.take()) {
    if (signal == SIGCHLD) continue;  // has woken us, which is all it is for
    if (signal == SIGUSR1) {
      reopen_log();
      for (auto& worker : crew_.workers()) worker.link.send({{"say", words::kReopen}});
    } else if (signal == SIGHUP) {
      renew();
    } else {
      stop(signal);
    }
  }
}

void Supervisor::stop(int signal) {
  if (std::exchange(stopping_, true)) return;
  spdlog::info("stopping: {}", ::strsignal(signal));
  tell_systemd("STOPPING=1");
  for (auto& worker : crew_.workers()) Crew::drain(worker, Crew::Kept::kClosed);
  epoch_.listeners.clear();  // nobody shall wait for one who does not come back
  renewed_.reset();
  inherited_.close();
}

// --- what workers say

void Supervisor::listen_to_workers() {
  for (auto& worker : crew_.workers()) {
    if (worker.link.closed()) continue;
    for (const auto& message : worker.link.receive()) heed(worker, message);
  }
}

void Supervisor::heed(Worker& worker, const nlohmann::json& message) {
  const std::string said = text_of(message, "say");
  if (said == words::kReady) {
    became_ready(worker);
  } else if (said == words::kFailed) {
    failed_to_start(worker, text_of(message, "why"));
  } else if (said == words::kReport && message.contains("report")) {
    inquiries_.told(worker, number_of(message, "inquiry"), message["report"]);
  } else if (said == words::kUnserved) {
    worker.unserved = texts_of(message, "groups");
  } else if (said == words::kReplace && worker.stage == Stage::kServing) {
    spdlog::info("worker {} is replaced: {}", worker.id, text_of(message, "why"));
    worker.stage = Stage::kRetiring;
  }
}

void Supervisor::became_ready(Worker& worker) {
  if (worker.stage != Stage::kStarting) return;
  worker.stage = Stage::kServing;
  if (renewed_ && crew_.serving(*renewed_) == renewed_->settings->workers.processes) adopt();
  if (ready_ || crew_.serving(epoch_) < epoch_.settings->workers.processes) return;
  ready_ = true;
  const auto& workers = epoch_.settings->workers;
  spdlog::info("ready: {} process{}, {} threads{}", workers.processes,
               workers.processes == 1 ? "" : "es", workers.threads,
               workers.processes == 1 ? "" : " each");
  tell_systemd("READY=1");
  if (std::exchange(renew_again_, false)) renew();
}

void Supervisor::failed_to_start(const Worker& worker, const std::string& why) {
  if (is_renewed(worker)) return give_up_renewal(why);
  spdlog::error("worker {} cannot start: {}", worker.id, why);
  if (ready_ || stopping_) return;
  cannot_start_ = why;
  stopping_ = true;
  for (auto& each : crew_.workers()) Crew::drain(each, Crew::Kept::kClosed);
}

// --- the life of workers

std::optional<Duty> Supervisor::fill_up() try {
  if (!run_folder_problem_.empty()) return std::nullopt;  // no worker could start
  for (const Epoch* epoch : {&epoch_, renewed_ ? &*renewed_ : nullptr}) {
    while (epoch != nullptr && !stopping_ && Clock::now() >= start_not_before_ &&
           crew_.strength(*epoch) < epoch->settings->workers.processes) {
      if (auto duty = crew_.start(*epoch)) return duty;
    }
  }
  return std::nullopt;
} catch (const std::exception& error) {
  spdlog::error("{}; trying again in {} ms", error.what(), kLongestPause.count());
  start_not_before_ = Clock::now() + kLongestPause;
  return std::nullopt;
}

/// A worker that is to be replaced goes when as many serve as shall.
void Supervisor::let_the_old_go() {
  if (crew_.serving(epoch_) < epoch_.settings->workers.processes) return;
  for (auto& worker : crew_.workers()) {
    const bool of_the_past = worker.settings != epoch_.settings && !is_renewed(worker);
    if (worker.stage == Stage::kRetiring || of_the_past) replace(worker);
  }
}

/// Others serve what it does not finish, and go on with the connections that web servers keep.
void Supervisor::replace(Worker& worker) {
  const bool taken = epoch_.admits_those_of(*worker.settings);
  Crew::drain(worker, taken ? Crew::Kept::kHandedOver : Crew::Kept::kClosed);
}

/// Workers that were replaced before the end may still leave connections; nobody takes them now.
void Supervisor::part_with_the_left() const try {
  while (epoch_.handover->take()) {
  }
} catch (const std::exception& error) {
  spdlog::warn("{}", error.what());
}

void Supervisor::bury_the_dead() {
  for (auto& [worker, status] : crew_.bury()) {
    if (!worker.link.closed()) {
      for (const auto& message : worker.link.receive()) heed(worker, message);  // its last words
    }
    inquiries_.departed(worker);
    if (worker.stage != Stage::kDraining || WIFSIGNALED(status)) lost(worker, status);
  }
}

void Supervisor::lost(const Worker& worker, int status) {
  const std::string how =
      worker.overdue ? "did not end in time and was killed"
      : WIFSIGNALED(status)
          ? std::string("was ended by ") + ::strsignal(WTERMSIG(status))
          : "ended by itself with exit code " + std::to_string(WEXITSTATUS(status));
  spdlog::error("worker {} {}", worker.id, how);
  if (WIFSIGNALED(status) && !worker.overdue) {
    blame(casualties_.add(worker.id, WTERMSIG(status), epoch_.settings->quarantine));
  }
  if (stopping_) return;
  if (is_renewed(worker) && worker.stage == Stage::kStarting) {
    return give_up_renewal("a worker " + how);
  }
  quick_deaths_ = Clock::now() - worker.started < kLongLife ? quick_deaths_ + 1 : 1;
  start_not_before_ = Clock::now() + pause_after(quick_deaths_);
}

void Supervisor::blame(const std::optional<Casualties::Culprit>& culprit) {
  if (!culprit) return;
  const auto withdrawn = ledger_.quarantine(culprit->group, culprit->number, culprit->crashes);
  if (!withdrawn) return;
  spdlog::error("{}", *withdrawn);
  have_reconsidered(culprit->group);
}

}  // namespace shoal::daemon
