#include "releases/deployer/openings.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "releases/deployer/messages.hpp"

namespace shoal::releases {
namespace {

using State = Life::State;

// How long a worker may take to begin an opening, and the others to follow the first one.
constexpr std::chrono::seconds kLongestFollowing{10};

// What a module in its constructor may take: as long as the probe gives it.
constexpr std::chrono::seconds kLongestOpening{20};

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
  auto& deployment = *next->deployment;
  deployment.first = workers.front();
  deployment.begun = false;
  next->life.on(Life::Event::kTurn);
  have_opened(*next, deployment.first);
}

/// Tells the worker to open it.
void Openings::have_opened(Group& group, pid_t worker) const {
  auto& deployment = *group.deployment;
  deployment.deadline = Clock::now() + kLongestFollowing;
  parts_.fleet.mapped(worker, group.name, deployment.number);
  parts_.fleet.send(worker, message_about(deployment, message::kOpen));
}

void Openings::open_in_others(Group& group) {
  auto& deployment = *group.deployment;
  group.life.on(Life::Event::kOpened);
  for (const pid_t worker : parts_.fleet.set()) {
    if (worker == deployment.first) continue;
    deployment.awaited.insert(worker);
    have_opened(group, worker);
  }
}

Deployment* Openings::deployment_of(Group& group, unsigned long number) {
  if (!group.deployment || group.deployment->number != number || !group.deployment->staged) {
    return nullptr;
  }
  return &*group.deployment;
}

void Openings::begun(pid_t worker, Group& group, unsigned long number) {
  Deployment* const deployment = deployment_of(group, number);
  if (deployment == nullptr || deployment->first != worker || deployment->begun) return;
  deployment->begun = true;
  deployment->deadline = Clock::now() + kLongestOpening;
}

void Openings::opened(pid_t worker, Group& group, unsigned long number) {
  parts_.fleet.mapped(worker, group.name, number);
  Deployment* const deployment = deployment_of(group, number);
  if (deployment == nullptr) return;
  if (group.life.state() == State::kOpening && deployment->first == worker) {
    open_in_others(group);
  } else if (group.life.state() == State::kSpreading) {
    deployment->awaited.erase(worker);
  }
}

void Openings::left(pid_t worker) {
  parts_.fleet.left(worker);
  for (auto& [name, group] : parts_.groups) {
    const auto state = group.life.state();
    if (state == State::kOpening && group.deployment->first == worker && !group.deployment->begun) {
      group.life.on(Life::Event::kInterrupted);
    } else if (state == State::kSpreading) {
      group.deployment->awaited.erase(worker);
    }
  }
}

void Openings::lost(pid_t worker, const nlohmann::json& message) {
  for (auto& [name, group] : parts_.groups) {
    const auto state = group.life.state();
    if (state == State::kOpening && group.deployment->first == worker) {
      lost_over(group, message);
    } else if (state == State::kSpreading && group.deployment->awaited.erase(worker) != 0) {
      lost_over(group, message);
    }
  }
}

/// A worker died while it opened the group. The drop is to blame, unless the crash report names
/// other code. Without a report it may have been killed for any reason: once, that counts for
/// nothing.
void Openings::lost_over(Group& group, const nlohmann::json& message) {
  auto& deployment = *group.deployment;
  const std::string generation = message.value("generation", "");
  const std::string label = deployment.staged->label();
  const bool reported = message.value("reported", false);
  const bool blamed = reported && generation == label;
  const bool excused = (reported && !generation.empty() && generation != label) ||
                       (!blamed && !std::exchange(deployment.repeated, true));
  if (excused) {
    if (group.life.state() == State::kOpening) group.life.on(Life::Event::kInterrupted);
    return;
  }
  parts_.refuse(group,
                label + ": a worker " + message.value("how", "exited") +
                    " while it opened this; see its crash report, fix the module and drop it again",
                Ban::kEndedWorker);
}

void Openings::check_deadlines() {
  const auto now = Clock::now();
  for (auto& [name, group] : parts_.groups) {
    const auto state = group.life.state();
    if (state != State::kOpening && state != State::kSpreading) continue;
    auto& deployment = *group.deployment;
    if (now < deployment.deadline) continue;
    const std::string what = "opening " + deployment.staged->label();
    if (state == State::kSpreading) {
      for (const pid_t worker : std::exchange(deployment.awaited, {})) {
        replace(worker, what + " took over 10 s");
      }
    } else if (!deployment.begun) {
      // It says nothing against the drop.
      replace(deployment.first, "it has not begun with " + what + " for 10 s");
      group.life.on(Life::Event::kInterrupted);
    } else {
      replace(deployment.first, what + " has not returned for 20 s");
      parts_.refuse(
          group,
          deployment.staged->label() +
              ": a constructor or static initialiser has not returned for 20 s in a worker; fix "
              "it and drop it again",
          Ban::kEndedWorker);
    }
  }
}

/// Nothing is awaited of it any more.
void Openings::replace(pid_t worker, const std::string& why) const {
  parts_.fleet.left(worker);
  parts_.replace(worker, why);
}

}  // namespace shoal::releases
