#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

#include "daemon/link.hpp"
#include "daemon/steps.hpp"
#include "daemon/wish.hpp"
#include "fastcgi/handover.hpp"
#include "fastcgi/poller.hpp"
#include "modules/ledger.hpp"
#include "modules/registry.hpp"
#include "serving/access_log.hpp"
#include "serving/failure_log.hpp"
#include "serving/line.hpp"
#include "serving/router.hpp"
#include "serving/scoreboard.hpp"
#include "serving/stack_log.hpp"
#include "serving/status_page.hpp"
#include "serving/timekeeper.hpp"
#include "serving/traffic.hpp"
#include "serving/worker_pool.hpp"
#include "settings/settings.hpp"
#include "state/store.hpp"
#include "status/report.hpp"

namespace shoal::daemon {

/// All that serves in a worker process, from the bottom up. Serves from its construction on. Of the
/// main thread.
class Served {
 public:
  /// See work() for the parameters. Throws std::runtime_error, with the remedy, when it cannot.
  /// REQUIRES: `settings` outlive it.
  Served(const settings::Settings& settings, std::vector<fastcgi::Listener> listeners,
         std::shared_ptr<const fastcgi::Handover> handover, bool speaks);

  /// Does what the supervisor says, until that is to end, or the supervisor is gone.
  void follow(Link& supervisor);

  /// Tells the supervisor which groups have files and no generation, if these are not the same as
  /// it was told last.
  void tell_unserved(Link& supervisor);

  /// Finishes what runs. Leaves the process when that takes longer than workers.grace.
  void finish(Link& supervisor);

 private:
  modules::Surroundings surroundings();
  std::optional<modules::Probe> probe() const;
  std::optional<serving::StatusPage> make_status_page() const;
  bool serve(fastcgi::Connection& connection, serving::Seat& seat);
  void report(Link& supervisor, unsigned inquiry) const;
  bool heed(Link& supervisor, const nlohmann::json& message);

  const settings::Settings& settings_;
  const status::Time started_ = status::now();
  Wish wish_;
  std::atomic<std::uint64_t> served_{0};
  bool hands_over_ = false;  // to those that go on, when it drains
  bool draining_ = false;
  std::vector<std::string> told_unserved_;  // which groups the supervisor takes for unserved
  serving::Traffic traffic_;
  const std::optional<serving::AccessLog> access_log_;
  const std::optional<serving::StatusPage> status_page_;
  const state::Store store_;
  Steps steps_;
  modules::Ledger ledger_;
  modules::Registry registry_;
  const serving::Router router_;
  fastcgi::Poller poller_;
  serving::Scoreboard scoreboard_;
  serving::StackLog stack_log_;
  serving::FailureLog failure_log_;
  const serving::Line line_;
  const serving::Timekeeper timekeeper_;
  serving::WorkerPool workers_;
};

}  // namespace shoal::daemon
