#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "daemon/casualties.hpp"
#include "daemon/control.hpp"
#include "daemon/crew.hpp"
#include "daemon/epoch.hpp"
#include "daemon/health_server.hpp"
#include "daemon/inquiries.hpp"
#include "daemon/pid_file.hpp"
#include "daemon/signals.hpp"
#include "modules/ledger.hpp"

namespace shoal::daemon {

/// The parent of the worker processes: holds the listeners, so that connections wait while a worker
/// is replaced; loads no module, so that no module can end it; has one thread, so that it can fork.
///
/// Follows TERM, INT and QUIT (drain, and end), HUP (the configuration again) and USR1 (the log
/// again). A worker that dies is replaced at once, and ever later the faster they die.
class Supervisor {
 public:
  /// Takes the run folder and opens the sockets. Throws std::runtime_error, with the remedy, when
  /// it cannot.
  explicit Supervisor(settings::Settings settings);

  /// Serves until told to stop. Returns in each process that it forks as well, with what that has
  /// to do once it has destroyed its copy of this object. Throws std::runtime_error, once all
  /// workers have ended, when the first of them cannot start.
  std::optional<Duty> run();

  /// Keeps the run folder ours for as long as it is open.
  base::Descriptor hold() const { return pid_file_.share(); }

 private:
  using Clock = std::chrono::steady_clock;

  void wait() const;
  Clock::time_point next_deadline() const;
  void follow_signals();
  void listen_to_workers();
  void heed(Worker& worker, const nlohmann::json& message);
  void answer_questions();
  void answer_health_checks();
  Readiness readiness() const;
  void tell_status(const Inquiries::Answer& answer);
  nlohmann::json reload(const std::string& group);
  void have_reconsidered(const std::string& group);
  status::Overview overview() const;
  void bury_the_dead();
  void lost(const Worker& worker, int status);
  void blame(const std::optional<Casualties::Culprit>& culprit);
  void failed_to_start(const Worker& worker, const std::string& why);
  std::optional<Duty> fill_up();
  void let_the_old_go();
  void replace(Worker& worker);
  void part_with_the_left() const;
  void became_ready(Worker& worker);
  bool is_renewed(const Worker& worker) const;
  void renew();
  void adopt();
  void give_up_renewal(const std::string& why);
  void stop(int signal);
  void tell_systemd_how_it_is();
  static const std::filesystem::path& make_folders(const std::filesystem::path& run);
  void look_after_run_folder();
  void put_back_run_folder();
  void look_after_state();

  InheritedSockets inherited_;  // before any socket of our own is open
  PidFile pid_file_;
  const Signals signals_;
  modules::Ledger ledger_;
  Control control_;
  HealthServer health_;
  Inquiries inquiries_;
  Casualties casualties_;
  Epoch epoch_;                   // serves, or starts to
  std::optional<Epoch> renewed_;  // of SIGHUP: starts, and then takes its place
  Crew crew_;
  bool stopping_ = false;
  bool ready_ = false;                    // all workers of epoch_ have served once
  bool renew_again_ = false;              // SIGHUP came while another is followed
  std::string cannot_start_;              // why, before anything was ready
  unsigned quick_deaths_ = 0;             // in a row
  Clock::time_point start_not_before_{};  // the next worker, for that
  Clock::time_point watchdog_due_{};
  Clock::time_point status_due_{};  // for systemd
  Clock::time_point run_folder_due_{};
  std::string run_folder_problem_;       // why it cannot be made again; empty: it is there
  std::optional<fastcgi::Inode> state_;  // the file of the State that the workers have open
  const status::Time started_ = status::now();
  status::Reloads reloads_;
};

}  // namespace shoal::daemon
