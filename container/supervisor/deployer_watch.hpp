#pragma once

#include <chrono>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "supervisor/answers.hpp"
#include "supervisor/relay.hpp"
#include "supervisor/restart_pause.hpp"
#include "supervisor/service.hpp"
#include "supervisor/withdrawals.hpp"

namespace shoal::supervisor {

/// Keeps one deployer at work, that of the configuration that starts or serves, and passes on what
/// it and others say to each other. No call waits. Used by one thread.
class DeployerWatch {
 public:
  /// Called when the deployer of these settings cannot start.
  using CannotStart =
      std::function<void(const settings::Settings* settings, const std::string& why)>;

  /// REQUIRES: both outlive it.
  DeployerWatch(Service& service, Answers& answers, CannotStart cannot_start)
      : service_(service),
        answers_(answers),
        cannot_start_(std::move(cannot_start)),
        relay_(service.workers, service.deployers) {}

  /// Gives the history to the deployer whose turn it is: releases or ends the one of the other
  /// configuration, then starts that one, or has it resume. Asks it what waits for an answer.
  /// Returns the assignment in a process that it forks, and nullopt in this one.
  std::optional<Assignment> give_turn();

  /// A reload begins: the new configuration's deployer starts without a pause.
  void reload_begins();

  /// Does what the deployers say.
  void read_messages();

  /// A deployer has exited, with this status.
  void exited(DeployerProcess deployer, int status);

  /// Tells the commands that wait for the deployer what holds it up: it is silent, starts, or has
  /// ended. Finds out whether it answers while any command waits.
  void watch_pulse();

  const Relay& relay() const { return relay_; }
  Withdrawals& withdrawals() { return withdrawals_; }

  /// Returns the latest time at which `give_turn`, `watch_pulse` or Deployers::kill_overdue has
  /// something to do.
  std::chrono::steady_clock::time_point deadline() const;

 private:
  const Configuration& next_or_current() const;
  void handle(DeployerProcess& deployer, const nlohmann::json& message);
  std::optional<std::chrono::steady_clock::time_point> ping_due() const;
  std::chrono::steady_clock::time_point silent_at() const;
  std::string hindrance() const;
  std::string hindrance_of_reload() const;
  void replace(const nlohmann::json& message);

  Service& service_;
  Answers& answers_;
  const CannotStart cannot_start_;
  const Relay relay_;
  Withdrawals withdrawals_;
  RestartPause pause_;
  unsigned deaths_of_next_ = 0;  // deployers of the configuration that starts
  std::optional<std::chrono::steady_clock::time_point> awaited_since_;  // by commands
};

}  // namespace shoal::supervisor
