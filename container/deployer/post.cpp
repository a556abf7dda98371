#include "deployer/post.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "control/logging.hpp"
#include "control/messages.hpp"
#include "deployer/deployer_status.hpp"
#include "deployer/from_settings.hpp"
#include "deployer/unmatched_names.hpp"
#include "releases/deployer/supervisor_messages.hpp"
#include "status/json.hpp"

namespace shoal::deployer {

namespace deployer_message = releases::supervisor_message;
namespace message = control::message;
using std::chrono::milliseconds;

Post::Post(Start start, control::Channel& supervisor)
    : start_(std::move(start)), supervisor_(supervisor) {
  begin();
}

void Post::begin() {
  const settings::Settings& settings = start_.settings;
  deployer_.emplace(releases::DeployerParts{
      .apps = settings.apps,
      .run = settings.run,
      .grouping = grouping_of(settings.groups),
      .rules = rules_of(settings.sweep),
      .configs = settings.modules,
      .history = rules_of(settings.history),
      .probe = trials_of(settings),
      .feed = start_.feed,
      .service = start_.service,
      .send = [this](const nlohmann::json& words) { supervisor_.post(words); },
      .on_refusal = [this](const std::string& group) { start_.counters->count_refusal(group); },
      .on_generation =
          [this](const std::string& group) { start_.counters->count_generation(group); }});
  supervisor_.post({{"say", deployer_message::kUp}});
}

void Post::follow() {
  while (!supervisor_.closed()) {
    wait();
    supervisor_.push();
    for (const auto& message : supervisor_.receive()) {
      if (!handle(message)) return;
    }
    step();
  }
}

void Post::wait() {
  const short writable = supervisor_.has_unsent() ? POLLOUT : 0;
  std::vector<pollfd> watched{{supervisor_.descriptor(), static_cast<short>(POLLIN | writable), 0}};
  auto left = milliseconds(60'000);
  if (deployer_) {
    for (const int descriptor : deployer_->descriptors())
      watched.push_back({descriptor, POLLIN, 0});
    const auto now = releases::Deployer::Clock::now();
    const auto due = std::min(deployer_->deadline(), now + left);
    left = std::max(milliseconds(0), std::chrono::ceil<milliseconds>(due - now));
  }
  ::poll(watched.data(), watched.size(), static_cast<int>(left.count()));
}

/// Returns false when the process has to end.
bool Post::handle(const nlohmann::json& message) {
  const std::string said = control::text_of(message, "say");
  if (said == deployer_message::kEnd) return false;
  if (said == message::kReopen) {
    control::reopen_log();
  } else if (said == deployer_message::kPing) {
    supervisor_.post({{"say", deployer_message::kPong}});
  } else if (said == deployer_message::kResume) {
    if (!deployer_) begin();
  } else if (said == message::kQuery) {
    send_status();
  } else if (deployer_) {
    deployer_->handle(message);
  }
  return true;
}

void Post::step() {
  if (!deployer_) return;
  deployer_->step();
  if (deployer_->all_judged()) announce();
  if (!deployer_->released()) return;
  deployer_.reset();  // gives up the history
  supervisor_.post({{"say", deployer_message::kReleased}});
}

void Post::send_status() {
  nlohmann::json answer{{"say", message::kStatus}};
  if (deployer_) answer["status"] = deployer_status(started_, *deployer_);
  supervisor_.post(answer);
}

/// Logs once what serves from the start, and the names in the configuration that no module has.
void Post::announce() {
  if (std::exchange(announced_, true)) return;
  std::vector<std::string> modules;
  for (const auto& [name, group] : deployer_->groups()) {
    std::string names;
    for (const auto& [module, file] : group.present) {
      modules.push_back(module);
      names += (names.empty() ? "" : " ") + module;
    }
    if (group.serving) {
      spdlog::info("serving {}{}: {}", group.serving->label(), group.swept ? "" : " (pinned)",
                   names);
    } else if (!names.empty()) {
      spdlog::warn("not serving {}: {}", name,
                   group.refusal.empty() ? "still loading" : group.refusal);
    }
  }
  for (const auto& line : unmatched_names(start_.settings, modules)) spdlog::warn("{}", line);
  spdlog::info("watching {} by {}", start_.settings.apps.native(), deployer_->watching());
}

}  // namespace shoal::deployer
