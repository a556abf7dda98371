#pragma once

#include <atomic>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "modules/new_line.hpp"
#include "control/channel.hpp"
#include "fastcgi/poller.hpp"
#include "modules/ledger.hpp"
#include "modules/registry.hpp"
#include "serving/access_log.hpp"
#include "serving/exception_log.hpp"
#include "serving/line.hpp"
#include "serving/request_watchdog.hpp"
#include "serving/router.hpp"
#include "serving/scoreboard.hpp"
#include "serving/stack_log.hpp"
#include "serving/status_page.hpp"
#include "serving/thread_pool.hpp"
#include "serving/traffic.hpp"
#include "settings/settings.hpp"
#include "state/store.hpp"
#include "status/overview.hpp"
#include "worker/loader_watchdog.hpp"
#include "worker/replace_request.hpp"
#include "worker/run.hpp"

namespace shoal::worker {

/// Everything in a worker process, from the bottom up. Serves requests from its construction on.
/// Used by the main thread.
class Worker {
 public:
  /// Throws std::runtime_error, with the remedy, if the worker cannot serve.
  explicit Worker(Start start);

  /// Does what the supervisor says, until that is to drain, or the supervisor is gone.
  void follow(control::Channel& supervisor);

  /// Sends the supervisor the groups that have files but no generation, if they have changed since
  /// the last call.
  void send_unserved(control::Channel& supervisor);

  /// Finishes the requests that run. Exits the process when that takes longer than workers.grace.
  void finish(control::Channel& supervisor);

 private:
  generations::Surroundings surroundings();
  std::optional<releases::Probe> probe() const;
  std::optional<serving::StatusPage> make_status_page() const;
  bool serve(fastcgi::Connection& connection, serving::ThreadSlot& slot);
  bool handle(control::Channel& supervisor, const nlohmann::json& message);
  void send_status(control::Channel& supervisor, unsigned query) const;

  const settings::Settings& settings_;
  const status::Time started_ = status::now();
  ReplaceRequest replace_request_;
  std::atomic<std::uint64_t> served_{0};  // requests
  bool hands_over_ = false;               // leaves its connections to others when it drains
  bool draining_ = false;
  std::vector<std::string> sent_unserved_;  // groups, as they were sent last
  serving::Traffic traffic_;
  const std::optional<serving::AccessLog> access_log_;
  const std::optional<serving::StatusPage> status_page_;
  const state::Store store_;
  LoaderWatchdog loader_watchdog_;
  modules::Ledger ledger_;
  modules::Registry registry_;
  const serving::Router router_;
  fastcgi::Poller poller_;
  serving::Scoreboard scoreboard_;
  serving::StackLog stack_log_;
  serving::ExceptionLog exception_log_;
  const serving::Line line_;
  const serving::RequestWatchdog request_watchdog_;
  serving::ThreadPool thread_pool_;
};

}  // namespace shoal::worker
