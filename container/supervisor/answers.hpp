#pragma once

#include <chrono>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "control/control_socket.hpp"
#include "supervisor/health_server.hpp"
#include "supervisor/questions.hpp"
#include "supervisor/service.hpp"
#include "supervisor/status_queries.hpp"

namespace shoal::supervisor {

/// Answers commands on the control socket and health checks, and reports to systemd. No call waits
/// for a client or another process. Used by one thread.
class Answers {
 public:
  /// Throws std::runtime_error, with the remedy, when the control socket cannot be opened.
  explicit Answers(const std::filesystem::path& run) : control_(run) {}

  /// Reads what has been asked and answers what can be answered now.
  void serve(Service& service);

  control::ControlSocket& control() { return control_; }

  /// The status of workers and deployer, as it arrives.
  StatusQueries& queries() { return queries_; }

  /// What the deployer answers.
  Questions& questions() { return questions_; }

  /// Returns true once after commands have asked that the configuration be reloaded.
  bool take_reload_request() { return std::exchange(reload_requested_, false); }

  /// Returns true if commands wait for a reload that has not begun.
  bool reload_is_awaited() const { return !awaits_reload_.empty(); }

  /// A reload of the configuration begins: its end answers the commands that wait for one now.
  void reload_begins();
  void reload_ends(const nlohmann::json& answer);

  /// Returns true if commands wait for the deployer, or for a reload that has begun.
  bool await_a_deployer() const { return !questions_.empty() || !awaits_verdict_.empty(); }

  /// Tells the commands that wait for the reload what it waits for, if that is new to them.
  void tell_reload(const std::string& hindrance);

  /// Tells all commands that wait that the service stops.
  void stop();

  /// Returns the descriptors to wait for, to be readable. `service` has the socket of
  /// the health checks.
  std::vector<int> descriptors(const Service& service) const;

  /// Returns the latest time at which `serve` has something to do.
  std::chrono::steady_clock::time_point deadline(const Service& service) const;

 private:
  using Clock = std::chrono::steady_clock;

  void answer_commands(Service& service);
  void notify_systemd(Service& service);

  control::ControlSocket control_;
  HealthServer health_;
  StatusQueries queries_;
  Questions questions_{control_};
  std::vector<unsigned> awaits_reload_;   // connections, for the next reload
  std::vector<unsigned> awaits_verdict_;  // connections, of the reload that is under way
  std::string reload_hindrance_;          // as `awaits_verdict_` was told
  bool reload_requested_ = false;
  Clock::time_point watchdog_due_{};  // for systemd, as is the next
  Clock::time_point status_due_{};
};

}  // namespace shoal::supervisor
