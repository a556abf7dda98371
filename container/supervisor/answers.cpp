#include "supervisor/answers.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "control/systemd.hpp"
#include "status/health.hpp"
#include "status/json.hpp"

namespace shoal::supervisor {
namespace {

constexpr std::chrono::seconds kStatusInterval{5};  // between two STATUS messages to systemd

}  // namespace

void Answers::serve(Service& service) {
  answer_commands(service);
  health_.serve(service.configurations.current().health.get(),
                [&service] { return readiness_of(service); });
  if (!queries_.empty()) queries_.conclude(overview_of(service));
  notify_systemd(service);
}

void Answers::answer_commands(Service& service) {
  for (const auto& [connection, words] : control_.take()) {
    const std::string question = control::text_of(words, "ask");
    if (question == "status") {
      queries_.begin(service.workers, [this, connection = connection](const auto& overview) {
        control_.answer(connection, {{"overview", overview}});
      });
    } else if (question == "ready") {
      const Readiness readiness = readiness_of(service);
      control_.answer(connection, {{"ready", readiness.ready}, {"line", readiness.line}});
    } else if (question == "reload") {
      control_.answer(connection, reload(control::text_of(words, "group"), service.workers));
    } else {
      control_.answer(connection, {{"error", "\"ask\" is status, ready or reload"}});
    }
  }
}

nlohmann::json Answers::reload(const std::string& group, WorkerProcesses& workers) try {
  if (!ledger_.renew(group)) return {{"error", group + ": there is no such group"}};
  spdlog::info("{}: will be reloaded, as `shoal reload` has asked", group);
  workers.reconsider(group);
  return {{"asked", group}};
} catch (const std::exception& error) {
  return {{"error", error.what()}};
}

void Answers::notify_systemd(Service& service) {
  if (const auto interval = control::watchdog_of_systemd();
      interval && Clock::now() >= watchdog_due_) {
    watchdog_due_ = Clock::now() + *interval / 2;
    control::notify_systemd("WATCHDOG=1");
  }
  if (!control::under_systemd() || !service.ready || Clock::now() < status_due_) return;
  status_due_ = Clock::now() + kStatusInterval;
  queries_.begin(service.workers, [](const status::Overview& overview) {
    std::string generations;
    for (const auto& group : overview.groups) {
      generations += " " + (group.generation.empty() ? group.name + "/-" : group.generation);
    }
    control::notify_systemd("STATUS=" + status::health_of(overview).headline + ":" + generations);
  });
}

std::vector<int> Answers::descriptors(const Service& service) const {
  std::vector<int> all = control_.descriptors();
  const auto health = health_.descriptors(service.configurations.current().health.get());
  all.insert(all.end(), health.begin(), health.end());
  return all;
}

Answers::Clock::time_point Answers::deadline(const Service& service) const {
  auto next = std::min(queries_.deadline(), health_.deadline());
  if (control::watchdog_of_systemd()) next = std::min(next, watchdog_due_);
  if (control::under_systemd() && service.ready) next = std::min(next, status_due_);
  return next;
}

}  // namespace shoal::supervisor
