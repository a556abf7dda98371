#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

#include "control/channel.hpp"
#include "fastcgi/listener.hpp"
#include "fastcgi/server.hpp"
#include "generations/generations.hpp"
#include "serving/access_log.hpp"
#include "serving/exception_log.hpp"
#include "serving/line.hpp"
#include "serving/request_watchdog.hpp"
#include "serving/router.hpp"
#include "serving/scoreboard.hpp"
#include "serving/stack_log.hpp"
#include "serving/status_page.hpp"
#include "serving/traffic.hpp"
#include "settings/settings.hpp"
#include "state/store.hpp"
#include "status/overview.hpp"
#include "worker/ending.hpp"
#include "worker/loader_watchdog.hpp"
#include "worker/outbox.hpp"
#include "worker/run.hpp"

namespace shoal::worker {

/// A worker was told to drain, or its supervisor died, before it could serve.
struct NotNeeded {};

/// Everything in a worker process, from the bottom up. Serves requests from its construction on.
/// Used by the main thread.
class Worker {
 public:
  /// Opens what the deployer names first, which it waits for: 30 s at most, and if no deployer
  /// answers, what is recorded on disk. Throws std::runtime_error, with the remedy, if the worker
  /// cannot serve, and NotNeeded if it is not to: then it has taken no request, and what waits in
  /// the listeners' backlog is left to other processes. REQUIRES: `supervisor` outlives it.
  Worker(Start start, control::Channel& supervisor);

  /// Does what the supervisor and the deployer say, until that is to drain, or the supervisor is
  /// gone.
  void follow();

  /// Finishes the requests that run. Exits the process when that takes longer than workers.grace.
  void finish();

 private:
  generations::Surroundings surroundings();
  std::optional<serving::StatusPage> make_status_page() const;
  void count_answer();
  std::vector<fastcgi::Listener> when_complete(std::vector<fastcgi::Listener> listeners);
  void await_generations();
  void wait(std::chrono::milliseconds longest);
  void handle(const nlohmann::json& message);
  bool finish_within(std::chrono::milliseconds grace);
  void send_status(unsigned query);

  const settings::Settings& settings_;
  const status::Time started_ = status::now();
  control::Channel& supervisor_;
  Outbox outbox_;
  std::atomic<std::uint64_t> served_{0};  // requests
  bool hands_over_ = false;               // leaves its connections to others when it drains
  bool draining_ = false;
  bool serves_ = false;  // all members are made
  serving::Traffic traffic_;
  const std::optional<serving::AccessLog> access_log_;
  const std::optional<serving::StatusPage> status_page_;
  const state::Store store_;
  LoaderWatchdog loader_watchdog_;
  std::optional<Ending> ending_;  // above the generations: their end may hang
  generations::Generations generations_;
  const serving::Router router_;
  serving::Scoreboard scoreboard_;
  serving::StackLog stack_log_;
  serving::ExceptionLog exception_log_;
  const serving::Line line_;
  const serving::RequestWatchdog request_watchdog_;
  fastcgi::Server server_;
};

}  // namespace shoal::worker
