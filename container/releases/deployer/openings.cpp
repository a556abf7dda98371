#include "releases/deployer/openings.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "releases/deployer/messages.hpp"

namespace shoal::releases {
namespace {

using State = Life::State;

// How long a worker may take to begin an opening.
constexpr std::chrono::seconds kLongestUntilBegun{10};

// What a module in its constructor may take: as long as the probe gives it.
constexpr std::chrono::seconds kLongestOpening{20};

constexpr const char* kSeeReport = "see its crash report, ";
constexpr const char* kNoReport =
    "it left no crash report: look into the kernel's log, which tells whether memory ran out, and "
    "for calls of _exit; ";

}  // namespace

nlohmann::json message_about(const Deployment& deployment, const char* word) {
  return {{"say", word},
          {"group", deployment.staged->group},
          {"number", deployment.number},
          {"stage", deployment.staged->stage.filename().native()}};
}

void Openings::give_turn() {
  Group* next = nullptr;
  for (auto& [name, group] : parts_.groups) {
    if (group.life.state() == State::kOpening) return;
    if (group.life.state() != State::kWaiting) continue;
    if (next == nullptr || group.deployment->opening_time < next->deployment->opening_time) {
      next = &group;
    }
  }
  const auto workers = parts_.fleet.set();
  if (next == nullptr || workers.empty()) return;
  next->life.on(Life::Event::kTurn);
  have_opened(*next, workers.front());
}

/// Tells the worker to open it.
void Openings::have_opened(Group& group, pid_t worker) const {
  auto& deployment = *group.deployment;
  deployment.awaited[worker] = {.deadline = Clock::now() + kLongestUntilBegun};
  parts_.fleet.mapped(worker, group.name, deployment.number);
  parts_.fleet.send(worker, message_about(deployment, message::kOpen));
}

Deployment* Openings::deployment_of(Group& group, unsigned long number) {
  if (!group.deployment || group.deployment->number != number || !group.deployment->staged) {
    return nullptr;
  }
  return &*group.deployment;
}

bool Openings::awaits(Group& group, unsigned long number, pid_t worker) {
  const Deployment* const deployment = deployment_of(group, number);
  return deployment != nullptr && deployment->awaited.contains(worker);
}

void Openings::begun(pid_t worker, Group& group, unsigned long number) {
  if (!awaits(group, number, worker)) return;
  group.deployment->awaited[worker] = {.deadline = Clock::now() + kLongestOpening, .begun = true};
}

void Openings::opened(pid_t worker, Group& group, unsigned long number) {
  parts_.fleet.mapped(worker, group.name, number);
  if (!awaits(group, number, worker)) return;
  group.deployment->awaited.erase(worker);
  if (group.life.state() != State::kOpening) return;
  group.life.on(Life::Event::kOpened);
  for (const pid_t other : parts_.fleet.set()) {
    if (other != worker) have_opened(group, other);
  }
}

void Openings::left(pid_t worker) {
  parts_.fleet.left(worker);
  for (auto& [name, group] : parts_.groups) {
    if (!group.deployment) continue;
    const auto awaited = group.deployment->awaited.find(worker);
    if (awaited == group.deployment->awaited.end()) continue;
    const bool is_first = group.life.state() == State::kOpening;
    if (is_first && awaited->second.begun) continue;  // it finishes that
    give_up(group, worker);
  }
}

void Openings::lost(pid_t worker, const nlohmann::json& message) {
  for (auto& [name, group] : parts_.groups) {
    if (group.deployment && group.deployment->awaited.contains(worker)) {
      lost_over(group, worker, message);
    }
  }
}

/// Nothing is awaited of the worker any more. If it was to open the group before all others,
/// another one has to.
void Openings::give_up(Group& group, pid_t worker) {
  group.deployment->awaited.erase(worker);
  if (group.life.state() == State::kOpening) group.life.on(Life::Event::kInterrupted);
}

/// A worker died while it opened the group. The drop is to blame, unless the crash report names
/// other code. Without a report it may have been killed for any reason: once, that counts for
/// nothing.
void Openings::lost_over(Group& group, pid_t worker, const nlohmann::json& message) {
  auto& deployment = *group.deployment;
  const std::string generation = message.value("generation", "");
  const std::string label = deployment.staged->label();
  const bool reported = message.value("reported", false);
  const bool blamed = reported && generation == label;
  const bool excused = (reported && !generation.empty() && generation != label) ||
                       (!blamed && !std::exchange(deployment.repeated, true));
  if (excused) return give_up(group, worker);
  parts_.refuse(group,
                label + ": a worker " + message.value("how", "exited") + " while it opened this; " +
                    (reported ? kSeeReport : kNoReport) + "fix the module and drop it again",
                Ban::kEndedWorker);
}

void Openings::check_deadlines() {
  for (auto& [name, group] : parts_.groups) {
    if (group.deployment && Clock::now() >= deadline_of(*group.deployment)) replace_late(group);
  }
}

Openings::Clock::time_point Openings::deadline_of(const Deployment& deployment) {
  auto first = Clock::time_point::max();
  for (const auto& [worker, awaited] : deployment.awaited) {
    first = std::min(first, awaited.deadline);
  }
  return first;
}

/// A worker that has not begun says nothing against the drop; one that does not end does. Then the
/// others that have begun are in that code, too.
void Openings::replace_late(Group& group) {
  const auto now = Clock::now();
  const std::string label = group.deployment->staged->label();
  const auto all = group.deployment->awaited;
  const bool hangs = std::ranges::any_of(
      all, [&](const auto& it) { return it.second.begun && it.second.deadline <= now; });
  for (const auto& [worker, awaited] : all) {
    if (awaited.begun ? !hangs : awaited.deadline > now) continue;
    parts_.fleet.left(worker);
    parts_.replace(worker, awaited.begun ? "opening " + label + " has not returned for 20 s"
                                         : "it has not begun with opening " + label + " for 10 s");
    if (!awaited.begun) give_up(group, worker);
  }
  if (!hangs) return;
  parts_.refuse(group,
                label +
                    ": a constructor or static initialiser has not returned for 20 s in a "
                    "worker; fix it and drop it again",
                Ban::kEndedWorker);
}

}  // namespace shoal::releases
