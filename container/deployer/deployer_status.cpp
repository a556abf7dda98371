#include "deployer/deployer_status.hpp"

#include <unistd.h>

#include <algorithm>

namespace shoal::deployer {
namespace {

using releases::Life;

constexpr std::size_t kMostDeployments = 10;  // of a group

status::Time time_of(std::chrono::system_clock::time_point when) {
  return std::chrono::duration<double>(when.time_since_epoch()).count();
}

/// Returns 0 for a time that was never set.
status::Time time_of(releases::Group::Clock::time_point when) {
  if (when == releases::Group::Clock::time_point()) return 0;
  const auto age = releases::Group::Clock::now() - when;
  return status::now() - std::chrono::duration<double>(age).count();
}

std::string label_of(const std::string& group, unsigned long number) {
  return number == 0 ? "" : group + "/" + std::to_string(number);
}

status::Verdict verdict_of(releases::Verdict verdict) {
  switch (verdict) {
    case releases::Verdict::kLive:
      return status::Verdict::kLive;
    case releases::Verdict::kUnchanged:
      return status::Verdict::kUnchanged;
    case releases::Verdict::kRefused:
      return status::Verdict::kRefused;
    case releases::Verdict::kOvertaken:
      return status::Verdict::kOvertaken;
    case releases::Verdict::kNone:
      break;
  }
  return status::Verdict::kNone;
}

status::Group::State state_of(Life::State state) {
  switch (state) {
    case Life::State::kSettling:
      return status::Group::State::kSettling;
    case Life::State::kTrying:
      return status::Group::State::kTrying;
    case Life::State::kWaiting:
    case Life::State::kOpening:
    case Life::State::kSpreading:
      return status::Group::State::kOpening;
    case Life::State::kCurrent:
      break;
  }
  return status::Group::State::kCurrent;
}

status::Deployment deployment_of(const std::string& group, const releases::Judgement& judgement) {
  return {.at = time_of(judgement.at),
          .verdict = verdict_of(judgement.verdict),
          .by = text_of(judgement.origin),
          .release = judgement.release,
          .generation = label_of(group, judgement.made),
          .reason = judgement.reason,
          .took = std::chrono::duration<double>(judgement.took).count()};
}

/// What is under way now.
status::Deployment deployment_of(const releases::Deployment& deployment) {
  const auto age = releases::Deployer::Clock::now() - deployment.began;
  return {.at = status::now() - std::chrono::duration<double>(age).count(),
          .by = text_of(deployment.origin),
          .release = deployment.release};
}

status::Group group_of(const releases::Group& group) {
  status::Group shown;
  shown.name = group.name;
  shown.swept = group.swept;
  shown.state = state_of(group.life.state());
  if (group.serving) shown.generation = group.serving->label();
  if (group.serving && group.decision) shown.release = group.decision->release;
  for (const auto& [module, file] : group.present) {
    shown.modules.push_back({.name = module, .file = file.path.native()});
  }
  if (!group.refusal.empty()) shown.refused = {group.refusal, time_of(group.refused_at)};
  // A group whose files are as before waits for nothing.
  if (!group.hindrance.empty() && group.life.state() != Life::State::kCurrent) {
    shown.hindrance = {group.hindrance, time_of(group.stale_since)};
  }
  if (group.withdrawn != 0) {
    shown.quarantine = {label_of(group.name, group.withdrawn), group.crashes,
                        time_of(group.withdrawn_at), shown.generation};
  }
  for (const auto& judgement : group.judgements) {
    if (shown.history.size() == kMostDeployments) break;
    shown.history.push_back(deployment_of(group.name, judgement));
  }
  if (group.deployment) {
    shown.drop = deployment_of(*group.deployment);
  } else if (!shown.history.empty()) {
    shown.drop = shown.history.front();
  }
  return shown;
}

}  // namespace

status::DeployerStatus deployer_status(status::Time started, const releases::Deployer& deployer) {
  status::DeployerStatus report;
  report.deployer.pid = ::getpid();
  report.deployer.started = started;
  report.deployer.watching = "by " + deployer.watching();
  report.deployer.unreadable = deployer.unreadable();
  for (const auto& [name, group] : deployer.groups()) {
    if (!group.present.empty() || group.serving) report.groups.push_back(group_of(group));
  }
  return report;
}

}  // namespace shoal::deployer
