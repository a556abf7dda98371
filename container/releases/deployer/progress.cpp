#include "releases/deployer/progress.hpp"

#include <sys/types.h>

namespace shoal::releases {
namespace {

using State = Life::State;

std::string settling(const Group& group) {
  if (group.waits_for_room) return "waiting until an old generation of it is unmapped";
  if (!group.hindrance.empty()) return "will be tried again: " + group.hindrance;
  return text_of(State::kSettling);
}

std::string opening(const Deployment& deployment) {
  if (deployment.awaited.empty()) return text_of(State::kOpening);
  const auto& [number, awaited] = *deployment.awaited.begin();
  const std::string worker = "worker " + std::to_string(number);
  return awaited.begun ? text_of(State::kOpening) + " in " + worker
                       : "waiting for " + worker + " to open it";
}

std::string spreading(const Deployment& deployment) {
  const auto left = deployment.awaited.size();
  return text_of(State::kOpening) + " in " + std::to_string(left) + " other worker" +
         (left == 1 ? "" : "s");
}

std::string words_of(const Group& group) {
  const auto state = group.life.state();
  switch (state) {
    case State::kSettling:
      return settling(group);
    case State::kWaiting:
      return text_of(state) + " to be opened";
    case State::kOpening:
      return opening(*group.deployment);
    case State::kSpreading:
      return spreading(*group.deployment);
    case State::kCurrent:
    case State::kTrying:
      break;
  }
  return text_of(state);
}

}  // namespace

std::string progress_of(const Group& group) {
  const std::string number = group.deployment ? "/" + std::to_string(group.deployment->number) : "";
  return group.name + number + ": " + words_of(group);
}

}  // namespace shoal::releases
