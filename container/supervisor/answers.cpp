#include "supervisor/answers.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "control/messages.hpp"
#include "control/systemd.hpp"
#include "status/health.hpp"
#include "status/json.hpp"

namespace shoal::supervisor {
namespace {

constexpr std::chrono::seconds kStatusInterval{5};  // between two STATUS messages to systemd

constexpr const char* kStopping = "the container is stopping; ask again once it has started";

// What the deployer answers; but for a reload of the configuration.
constexpr std::array<std::string_view, 4> kDeployerQuestions{"drop", "reload", "history",
                                                             "rollback"};

/// Returns the deployer of the configuration that serves; it may be null.
DeployerProcess* deployer_of_current(Service& service) {
  return service.deployers.of(service.configurations.current().settings.get());
}

}  // namespace

void Answers::serve(Service& service) {
  answer_commands(service);
  health_.serve(service.configurations.current().health.get(),
                [&service] { return readiness_of(service); });
  if (!queries_.empty()) queries_.conclude(overview_of(service));
  notify_systemd(service);
}

void Answers::answer_commands(Service& service) {
  questions_.expire();
  for (auto& question : control_.take()) {
    const unsigned connection = question.connection;
    const std::string ask = control::text_of(question.words, "ask");
    if (ask == "status") {
      queries_.begin(
          service.workers,
          [this, connection](const auto& overview) {
            control_.answer(connection, {{"overview", overview}});
          },
          deployer_of_current(service));
    } else if (ask == "ready") {
      const Readiness readiness = readiness_of(service);
      control_.answer(connection, {{"ready", readiness.ready}, {"line", readiness.line}});
    } else if (std::ranges::find(kDeployerQuestions, ask) == kDeployerQuestions.end()) {
      control_.answer(connection,
                      {{"error", "\"ask\" is status, ready, drop, reload, history or rollback"}});
    } else if (service.stopping) {
      control_.answer(connection, {{"error", kStopping}});
    } else if (ask == "reload" && !question.words.contains("group")) {
      awaits_reload_.push_back(connection);
      reload_requested_ = true;
    } else {
      questions_.ask(std::move(question));
    }
  }
}

void Answers::reload_begins() {
  awaits_verdict_ = std::exchange(awaits_reload_, {});
  reload_hindrance_.clear();
}

void Answers::tell_reload(const std::string& hindrance) {
  if (std::exchange(reload_hindrance_, hindrance) == hindrance) return;
  for (const unsigned connection : awaits_verdict_) {
    control_.tell(connection, control::hindrance_words(hindrance));
  }
}

void Answers::reload_ends(const nlohmann::json& answer) {
  for (const unsigned connection : std::exchange(awaits_verdict_, {})) {
    control_.answer(connection, answer);
  }
}

void Answers::stop() {
  const nlohmann::json stopping{{"error", kStopping}};
  reload_ends(stopping);
  reload_begins();
  reload_ends(stopping);
  questions_.give_up(kStopping);
}

void Answers::notify_systemd(Service& service) {
  if (const auto interval = control::watchdog_of_systemd();
      interval && Clock::now() >= watchdog_due_) {
    watchdog_due_ = Clock::now() + *interval / 2;
    control::notify_systemd("WATCHDOG=1");
  }
  if (!control::under_systemd() || !service.ready || Clock::now() < status_due_) return;
  status_due_ = Clock::now() + kStatusInterval;
  const auto notify = [](const status::Overview& overview) {
    std::string generations;
    for (const auto& group : overview.groups) {
      generations += " " + (group.generation.empty() ? group.name + "/-" : group.generation);
    }
    control::notify_systemd("STATUS=" + status::health_of(overview).headline + ":" + generations);
  };
  queries_.begin(service.workers, notify, deployer_of_current(service));
}

std::vector<int> Answers::descriptors(const Service& service) const {
  std::vector<int> all = control_.descriptors();
  const auto health = health_.descriptors(service.configurations.current().health.get());
  all.insert(all.end(), health.begin(), health.end());
  return all;
}

Answers::Clock::time_point Answers::deadline(const Service& service) const {
  auto next = std::min({queries_.deadline(), health_.deadline(), questions_.deadline()});
  if (control::watchdog_of_systemd()) next = std::min(next, watchdog_due_);
  if (control::under_systemd() && service.ready) next = std::min(next, status_due_);
  return next;
}

}  // namespace shoal::supervisor
