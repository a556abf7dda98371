#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/ticker.hpp"
#include "releases/deployer/apps_reader.hpp"
#include "releases/deployer/fleet.hpp"
#include "releases/deployer/group.hpp"
#include "releases/deployer/openings.hpp"
#include "releases/deployer/questions.hpp"
#include "releases/deployer/records.hpp"
#include "releases/freshness/feed.hpp"
#include "releases/probing/trials.hpp"

namespace shoal::releases {

/// What a deployer is made with.
struct DeployerParts {
  std::filesystem::path apps;
  std::filesystem::path run;
  Grouping grouping;
  SweepRules rules;
  Configs configs;
  HistoryRules history;
  Trials::Parts probe;
  Feed feed;
  std::string service;  ///< names this run of the service: what is pinned is fixed in it

  /// Sends a message to the supervisor.
  std::function<void(nlohmann::json message)> send;

  /// Called for each refused drop, and for each generation that goes live. May be empty.
  std::function<void(const std::string& group)> on_refusal{};
  std::function<void(const std::string& group)> on_generation{};
};

/// Decides which release of each group is to serve: watches the apps folder, has what was dropped
/// tried, has the workers open it, records the decision, and gives verdicts. Opens no module
/// itself.
///
/// It can be killed at any point. The next one goes on from what is recorded and from what the
/// workers report: what was decided is completed, what was not begins again.
///
/// Used by one thread: in a loop of poll(2) on `descriptors` until `deadline`, then `step`.
class Deployer {
 public:
  using Clock = Group::Clock;

  /// Reads what is recorded and looks into the apps folder. Throws std::runtime_error, with the
  /// remedy, if the apps or the run folder cannot be used.
  explicit Deployer(DeployerParts parts);

  /// Gives up what it works on; nothing is decided by that.
  ~Deployer();
  Deployer(const Deployer&) = delete;
  Deployer& operator=(const Deployer&) = delete;

  /// Does what a message of the supervisor says.
  void handle(const nlohmann::json& message);

  /// Does all that is due. Waits for nothing but the disk.
  void step();

  /// Return what to wait for: descriptors that become readable, and a time.
  std::vector<int> descriptors() const;
  Clock::time_point deadline() const;

  /// Returns true once what was in hand when `release` came has ended: another deployer may take
  /// the run folder.
  bool released() const;

  /// Returns true once every group was judged, or after 30 s.
  bool all_judged() const { return all_judged_; }

  const Groups& groups() const { return groups_; }
  const Records& records() const { return records_; }

  /// Returns how the apps folder is watched; for people.
  const std::string& watching() const { return apps_.watching(); }

  /// Returns why the apps folder cannot be read; empty: it can.
  const std::string& unreadable() const { return apps_.unreadable(); }

 private:
  using State = Life::State;

  // --- one deployment, from the apps folder to the verdict
  void advance(Group& group);
  void begin_trial(Group& group);
  void take_result(TrialResult result);
  void decide(Group& group);
  Decision decision_on(const Group& group) const;
  void remove(Group& group);
  void refuse(Group& group, const std::string& why, Ban ban = Ban::kNone);
  void try_later(Group& group, const std::string& why);
  void judge(Group& group, Verdict verdict, const std::string& reason);
  static void remember(Group& group);
  void record(Group& group);

  TrialOrder order_of(Group& group);
  bool find_source(Group& group, TrialOrder& order);
  void find_release(Group& group, TrialOrder& order);
  unsigned long add_release(Group& group, const TrialResult& result);
  void heal(const Release& known, const std::filesystem::path& draft);
  const Release* fallback_of(const Group& group, unsigned long other_than) const;
  std::optional<Wish> next_fallback(const Group& group) const;
  std::optional<Judgement> last_drop_of(const Group& group) const;
  bool has_room(Group& group);
  bool is_banned(Group& group);
  Configs configs_of(const Group& group) const;
  static std::string digest_of(const Configs& configs);

  // --- what makes a group stale besides its files
  void wish(Group& group, Wish wish);
  void become_stale(Group& group);
  void serve_nothing(Group& group);
  void withdraw(const std::string& name, unsigned long number, unsigned crashes);
  void go_back(Group& group, unsigned long number, unsigned crashes);
  void resume(const std::string& name, const Decision& decision);
  void complete_record(const std::string& name, const Decision& decision);
  bool serve_decided(Group& group);
  void serve_as_before(Group& group);
  void take_over_removed(const std::string& name, const Decision& decision);
  static void note_withdrawn(Group& group, const Release& release);
  void note_withdrawn(Group& group);
  static std::string note_of(unsigned long instead_of);

  // --- workers
  void hear(pid_t worker, const nlohmann::json& message);
  void reported(pid_t worker, const nlohmann::json& message);
  void failed_to_open(pid_t worker, Group& group, const nlohmann::json& message);
  void replace_lost_stage(Group& group, unsigned long number);
  Fleet::List list() const;

  // --- questions
  void answer(unsigned question, const nlohmann::json& message);
  void ask(unsigned question, const nlohmann::json& words, const std::string& who);
  void send_answer(unsigned question, nlohmann::json words) const;
  void ask_drop(unsigned question, const nlohmann::json& words);
  void ask_reload(unsigned question, const nlohmann::json& words, const std::string& who);
  void ask_rollback(unsigned question, const nlohmann::json& words, const std::string& who);
  Group* replaceable(unsigned question, const nlohmann::json& words);
  nlohmann::json history_of(const nlohmann::json& words) const;

  nlohmann::json present_modules() const;
  void tell_present() const;
  void tell_unserved();
  void find_out_whether_all_is_judged();
  void tidy();

  const DeployerParts parts_;
  Records records_;
  AppsReader apps_;
  Groups groups_;
  Fleet fleet_;
  Questions questions_;
  Openings openings_;
  Trials trials_;
  // What was decided is written to the disk in the background: nothing waits for it.
  base::Ticker sync_{std::chrono::seconds(1), [this] { records_.history().sync(); }};
  const Clock::time_point began_ = Clock::now();
  bool all_judged_ = false;
  bool releasing_ = false;
  bool untidy_ = true;  // stages or releases may be left to remove
  Clock::time_point next_tidying_{};
  std::optional<std::set<std::string>> unserved_{};  // groups, as the supervisor was told last

  // A module that hangs in its constructor must not keep the others from being served.
  static constexpr std::chrono::seconds kLongestStart{30};

  // Between two looks for what can be removed.
  static constexpr std::chrono::milliseconds kPause{100};
  static constexpr std::chrono::milliseconds kLongPause{1'000};
};

}  // namespace shoal::releases
