#include "releases/deployer/records.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "releases/history/migration.hpp"

namespace shoal::releases {
namespace {

using Clock = std::chrono::steady_clock;

// Deployers that may die over the same files.
constexpr unsigned kMostDeaths = 2;

// The disk may have space again by then.
constexpr std::chrono::seconds kNextRecording{1};

}  // namespace

Records::Records(const std::filesystem::path& run, HistoryRules rules, std::string service)
    : run_(run), service_(std::move(service)), history_(run, rules), stages_(run) {
  decisions_ = read_decisions(run);
  works_ = read_works(run);
  // What is still recorded was being worked on when a deployer died, or when the whole service
  // ended, which tells nothing.
  for (auto& [group, work] : works_) work.deaths += work.service == service_ ? 1 : 0;
}

/// Returns false if it failed.
template <typename Write>
bool Records::try_to(const char* what, const Write& write) {
  try {
    write();
    problem_.clear();
    return true;
  } catch (const std::exception& error) {
    std::string problem = std::string(what) + ": " + error.what();
    if (std::exchange(problem_, problem) != problem) spdlog::warn("{}", problem);
    return false;
  }
}

void Records::take_over(const Groups& groups) {
  std::map<std::string, Files> apps;
  for (const auto& [name, group] : groups) apps.emplace(name, group.present);
  try_to("what an earlier version left is not taken over yet",
         [&] { migrate(run_, history_, apps); });
}

void Records::decide(const std::string& group, const Decision& decision) {
  decisions_[group] = decision;
  record_decision(group);
}

void Records::forget(const std::string& group) {
  if (decisions_.erase(group) != 0) record_decision(group);
}

void Records::record_decision(const std::string& group) {
  const auto found = decisions_.find(group);
  const bool written = try_to("a decision is not recorded", [&] {
    if (found == decisions_.end()) return remove_decision(run_, group);
    write_decision(run_, group, found->second);
  });
  history_.note_change();
  if (written) {
    unwritten_.erase(group);
  } else {
    unwritten_.insert(group);
    next_try_ = Clock::now() + kNextRecording;
  }
}

void Records::catch_up() {
  if (Clock::now() < next_try_) return;
  next_try_ = Clock::time_point::max();
  for (const auto& group : std::set<std::string>(unwritten_)) record_decision(group);
}

bool Records::begin_work(const std::string& group, const std::string& fingerprint,
                         const std::string& file) {
  Work& work = works_[group];
  if (work.fingerprint != fingerprint) work = {};
  work = {fingerprint, file, service_, work.deaths};
  try_to("what the deployer works on is not recorded", [&] { write_work(run_, group, work); });
  return work.deaths < kMostDeaths;
}

void Records::end_work(const std::string& group) {
  const auto work = works_.find(group);
  if (work == works_.end() || work->second.deaths >= kMostDeaths) return;
  works_.erase(work);
  try_to("what the deployer works on is not recorded", [&] { remove_work(run_, group); });
}

bool Records::tidy_stages(std::set<std::string> needed) {
  // Of an earlier run of the service, too: a worker that no deployer answers opens them.
  for (const auto& [group, decision] : decisions_) needed.insert(decision.stage);
  std::set<std::string> removable = stages_.stages();
  for (const auto& name : needed) removable.erase(name);
  if (removable.empty()) return true;
  const std::size_t all = removable.size();
  for (const auto& name : mapped_stages(stages_.folder())) removable.erase(name);
  for (const auto& name : removable) stages_.remove(name);
  return removable.size() == all;
}

void Records::tidy_history(std::map<std::string, std::set<unsigned long>> needed) {
  for (const auto& [group, decision] : decisions_) needed[group].insert(decision.release);
  history_.prune(needed);
}

}  // namespace shoal::releases
