#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "generations/generation.hpp"
#include "generations/opener.hpp"
#include "generations/publisher.hpp"
#include "generations/snapshot.hpp"
#include "generations/sweep.hpp"
#include "releases/freshness/feed.hpp"

namespace shoal::generations {

/// How one group stands in this process.
struct GroupReport {
  std::string group;
  std::shared_ptr<const Generation> serving;         ///< null: nothing
  std::map<unsigned long, std::string> lingering{};  ///< retired, yet still mapped: what keeps it
};

/// The heart of a worker: opens the generations that the deployer names, sweeps at the start of
/// each request, hands out snapshots, and retires what no request holds any more. Decides nothing:
/// see releases/deployer/messages.hpp. Safe to use from any thread.
class Generations {
 public:
  struct Parts {
    std::filesystem::path run;
    releases::Feed feed;
    releases::Grouping grouping;
    SweepRules rules;
    Surroundings surroundings;

    /// Sends a message to the deployer. Called on the thread that opens and closes, without a mutex
    /// held, also by the destructor.
    std::function<void(nlohmann::json message)> send;
  };

  /// Starts the thread that opens and closes. Says `join`.
  explicit Generations(Parts parts);

  /// Retires what is free and ends the thread. REQUIRES: no snapshot is held any more, else its
  /// generations are never closed.
  ~Generations();
  Generations(const Generations&) = delete;
  Generations& operator=(const Generations&) = delete;

  /// Does what a message of the deployer says. Does not wait for modules.
  void handle(const nlohmann::json& message);

  /// No deployer answers: opens and publishes what is recorded, as if a deployer had said so. Does
  /// nothing if nothing is recorded.
  void open_recorded();

  /// No deployer can be heard any more: from now on no request waits for what it may decide.
  void stop_waiting();

  /// Returns true once the deployer has answered `join`.
  bool has_list() const;

  /// Returns true once everything was judged, or, after open_recorded, opened.
  bool complete() const;

  /// The first line of every request: sweeps, and returns the snapshot it is answered from. If a
  /// group that can answer is stale, waits until it is decided, at most `rules.wait` from when it
  /// became stale. Requests to other groups do not wait. See groups_that_answer for the first two
  /// arguments; `before_waiting` is called before the request waits.
  std::shared_ptr<const Snapshot> enter(
      std::string_view destination, std::string_view target,
      const std::function<void()>& before_waiting = [] {});

  /// Returns what this process serves, and what lingers, by group.
  std::vector<GroupReport> report() const;

 private:
  Publisher publisher_;
  Sweep sweep_;
  Opener opener_;  // last: ends before what it works on
};

}  // namespace shoal::generations
