// What a supervisor is asked, and what it tells the service manager.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <set>

#include "daemon/supervisor.hpp"
#include "daemon/systemd.hpp"
#include "daemon/worker.hpp"
#include "status/health.hpp"
#include "status/json.hpp"

namespace shoal::daemon {
namespace {

// How often systemd's STATUS is brought up to date.
constexpr std::chrono::seconds kTellStatus{5};

}  // namespace

void Supervisor::answer_questions() {
  for (const auto& [asker, words] : control_.take()) {
    const std::string asked = text_of(words, "ask");
    if (asked == "status") {
      tell_status([this, asker = asker](const status::Overview& overview) {
        control_.answer(asker, {{"overview", overview}});
      });
    } else if (asked == "ready") {
      const Readiness told = readiness();
      control_.answer(asker, {{"ready", told.ready}, {"line", told.line}});
    } else if (asked == "reload") {
      control_.answer(asker, reload(text_of(words, "group")));
    } else {
      control_.answer(asker, {{"error", "\"ask\" is status, ready or reload"}});
    }
  }
  if (!inquiries_.empty()) inquiries_.conclude(overview());
}

void Supervisor::answer_health_checks() {
  health_.serve(epoch_.health.get(), [this] { return readiness(); });
}

/// Decided from what workers have told of their own accord: no worker is waited for.
Readiness Supervisor::readiness() const {
  using Stage = Worker::Stage;
  if (stopping_) return {false, "stopping"};
  std::set<std::string> unserved;
  bool any_serves = false;
  for (const auto& worker : crew_.workers()) {
    if (worker.stage != Stage::kServing && worker.stage != Stage::kRetiring) continue;
    any_serves = true;
    unserved.insert(worker.unserved.begin(), worker.unserved.end());
  }
  if (!any_serves) return {false, ready_ ? "no worker process serves" : "starting"};
  if (unserved.empty()) return {true, "ready"};
  std::string line = "groups that serve nothing:";
  for (const auto& group : unserved) line += " " + group;
  return {false, line};
}

void Supervisor::tell_status(const Inquiries::Answer& answer) { inquiries_.begin(crew_, answer); }

nlohmann::json Supervisor::reload(const std::string& group) try {
  if (!ledger_.renew(group)) return {{"error", group + ": there is no such group"}};
  spdlog::info("{}: is to be reloaded", group);
  have_reconsidered(group);
  return {{"asked", group}};
} catch (const std::exception& error) {
  return {{"error", error.what()}};
}

void Supervisor::have_reconsidered(const std::string& group) {
  for (auto& worker : crew_.workers()) {
    worker.link.send({{"say", words::kReconsider}, {"group", group}});
  }
}

status::Overview Supervisor::overview() const {
  using State = status::Overview::State;
  status::Overview told;
  told.at = status::now();
  told.version = SHOAL_VERSION;
  told.pid = ::getpid();
  told.started = started_;
  told.config = epoch_.settings->file.native();
  told.state = stopping_ ? State::kStopping : renewed_ ? State::kReloading : State::kRunning;
  for (const auto& [identity, listener] : epoch_.listeners) told.listen.push_back(listener->name());
  told.processes_wanted = epoch_.settings->workers.processes;
  told.reloads = reloads_;
  told.crashed = casualties_.number();
  told.crashed_recently = casualties_.recent();
  told.crashes = casualties_.latest();
  return told;
}

void Supervisor::tell_systemd_how_it_is() {
  if (const auto interval = watchdog_of_systemd(); interval && Clock::now() >= watchdog_due_) {
    watchdog_due_ = Clock::now() + *interval / 2;
    tell_systemd("WATCHDOG=1");
  }
  if (!under_systemd() || !ready_ || Clock::now() < status_due_) return;
  status_due_ = Clock::now() + kTellStatus;
  tell_status([](const status::Overview& overview) {
    std::string generations;
    for (const auto& group : overview.groups) {
      generations += " " + (group.generation.empty() ? group.name + "/-" : group.generation);
    }
    tell_systemd("STATUS=" + status::health_of(overview).headline + ":" + generations);
  });
}

}  // namespace shoal::daemon
