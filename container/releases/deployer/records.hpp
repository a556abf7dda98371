#pragma once

#include <chrono>
#include <filesystem>
#include <set>
#include <string>

#include "releases/deployer/group.hpp"
#include "releases/history/decisions.hpp"
#include "releases/history/history.hpp"
#include "releases/staging/stages.hpp"

namespace shoal::releases {

/// What the deployer keeps on disk: the history, the decisions, what it works on, and the stages.
/// What cannot be written, as when the disk is full, is logged once; the deployer goes on from
/// memory. Used by one thread.
class Records {
 public:
  /// `service` names this run of the service. Throws std::runtime_error, with the remedy, if the
  /// run folder cannot be used.
  Records(const std::filesystem::path& run, HistoryRules rules, std::string service);

  /// Takes over what Shoal 0.1 left in the run folder. `groups` are as they lie in the apps folder.
  void take_over(const Groups& groups);

  History& history() { return history_; }
  const History& history() const { return history_; }
  Stages& stages() { return stages_; }
  const Stages& stages() const { return stages_; }

  /// What is decided of each group.
  const Decisions& decisions() const { return decisions_; }

  /// Records what is to serve. If that fails, it is tried again: see catch_up().
  void decide(const std::string& group, const Decision& decision);
  void forget(const std::string& group);

  /// Records what is going to be worked on. Returns false if two deployers of this service have
  /// died over it: then it is not to be tried, until other files are worked on.
  bool begin_work(const std::string& group, const std::string& fingerprint,
                  const std::string& file);

  /// What deployers died over stays recorded, for the next deployer, until other files are worked
  /// on.
  void end_work(const std::string& group);

  /// Writes the decisions that could not be written before: at most once a second.
  void catch_up();

  /// Returns when that is due.
  std::chrono::steady_clock::time_point deadline() const { return next_try_; }

  /// Removes the stages that are not among `needed`, that no decision names, and that no process
  /// has mapped. Returns false if some are left that a process has mapped.
  bool tidy_stages(std::set<std::string> needed);

  /// Removes old releases, but none of `needed`, and none that a decision names.
  void tidy_history(std::map<std::string, std::set<unsigned long>> needed);

 private:
  template <typename Write>
  bool try_to(const char* what, const Write& write);
  void record_decision(const std::string& group);

  const std::filesystem::path run_;
  const std::string service_;
  History history_;
  Stages stages_;
  Decisions decisions_;
  Works works_;
  std::string problem_{};            // as the log has it
  std::set<std::string> unwritten_;  // groups whose decision could not be written
  std::chrono::steady_clock::time_point next_try_ = std::chrono::steady_clock::time_point::max();
};

}  // namespace shoal::releases
