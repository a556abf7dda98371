// What the workers say to the deployer, and what it tells them besides deployments.
#include <spdlog/spdlog.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "releases/deployer/deployer.hpp"
#include "releases/deployer/messages.hpp"
#include "releases/deployer/supervisor_messages.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::map<std::string, unsigned long> numbers_in(const json& message, const char* key) {
  std::map<std::string, unsigned long> numbers;
  const auto found = message.find(key);
  if (found == message.end() || !found->is_object()) return numbers;
  for (const auto& [group, number] : found->items()) {
    if (number.is_number_unsigned()) numbers.emplace(group, number.get<unsigned long>());
  }
  return numbers;
}

}  // namespace

Fleet::List Deployer::list() const {
  Fleet::List list;
  for (const auto& [name, group] : groups_) {
    if (!group.serving) continue;
    list[name] = {group.serving->number, group.serving->stage.filename().native()};
  }
  return list;
}

void Deployer::hear(pid_t worker, const json& message) {
  const std::string said = message.value("say", "");
  if (said == message::kJoin) return fleet_.join(worker, list());
  if (said == message::kListed) {
    if (!fleet_.listed(worker, numbers_in(message, "groups"), list())) return;
    // Before it serves: else it would answer 404 where 503 is right.
    fleet_.send(worker, {{"say", message::kPresent}, {"groups", present_modules()}});
    if (all_judged_) fleet_.send(worker, {{"say", message::kJudged}});
    return;
  }
  if (said == message::kReported) return reported(worker, message);
  const std::string name = message.value("group", "");
  const unsigned long number = message.value("number", 0ul);
  if (said == message::kRetired) {
    fleet_.unmapped(worker, name, number);
    untidy_ = true;
    return;
  }
  const auto found = groups_.find(name);
  if (found == groups_.end()) return;
  if (said == message::kOpening) Openings::begun(worker, found->second, number);
  if (said == message::kOpened) {
    openings_.opened(worker, found->second, number);
    advance(found->second);
  }
  if (said == message::kFailed) failed_to_open(worker, found->second, message);
}

/// The answer of a worker that an earlier deployer has started.
void Deployer::reported(pid_t worker, const json& message) {
  fleet_.join(worker, list());
  const auto mapped = message.find("mapped");
  if (mapped != message.end() && mapped->is_object()) {
    for (const auto& [group, numbers] : mapped->items()) {
      for (const auto& number : numbers) {
        fleet_.mapped(worker, group, number.get<unsigned long>());
      }
    }
  }
  // What was not decided is discarded, and begins again.
  for (const auto& [name, number] : numbers_in(message, "opened")) {
    const auto group = groups_.find(name);
    const bool serves =
        group != groups_.end() && group->second.serving && group->second.serving->number == number;
    if (serves) continue;
    fleet_.send(worker, {{"say", message::kDiscard}, {"group", name}, {"number", number}});
  }
}

void Deployer::failed_to_open(pid_t worker, Group& group, const json& message) {
  const unsigned long number = message.value("number", 0ul);
  const std::string why = message.value("why", "");
  fleet_.unmapped(worker, group.name, number);
  if (!Openings::awaits(group, number, worker)) {
    if (Openings::deployment_of(group, number) != nullptr) return;  // it was given up meanwhile
    fleet_.failed(worker, group.name, number);
    spdlog::error("{}/{}: worker {} cannot open it: {}", group.name, number, worker, why);
    return replace_lost_stage(group, number);
  }
  if (message.value("lacks", false)) return try_later(group, why);
  refuse(group, why);
}

/// If the stage of what serves was removed by hand, makes a new generation of the same files. The
/// workers that have the old one open serve it until then.
void Deployer::replace_lost_stage(Group& group, unsigned long number) {
  std::error_code none;
  const bool serves = group.serving && group.serving->number == number && group.decision;
  if (!serves || fs::exists(group.serving->stage, none)) return;
  if (group.life.state() != State::kCurrent) return;  // another generation is on its way
  const Release* const release = records_.history().find(group.name, group.decision->release);
  const bool is_kept =
      release != nullptr && fs::exists(records_.history().folder_of_release(*release), none);
  // If its release was removed, too, the files in the apps folder are the only ones left.
  if (!is_kept && group.present.empty()) return;
  spdlog::warn("{}: its stage {} was removed; making another one", group.label(),
               group.serving->stage.native());
  const std::string note = group.serving->note;
  group.serving.reset();  // the probe could not open it, and its bytes are not to be unchanged
  if (is_kept) {
    Wish same{.origin = {Origin::Kind::kLastGood, {}}, .release = release->number};
    same.note = note;
    same.instead_of = group.decision->instead_of;
    return wish(group, std::move(same));
  }
  group.judged.clear();
  become_stale(group);
}

void Deployer::find_out_whether_all_is_judged() {
  if (all_judged_) return;
  const bool every = std::ranges::all_of(groups_, [](const auto& entry) {
    const Group& group = entry.second;
    return group.serving || (group.was_judged && group.wishes.empty() && !group.deployment);
  });
  if (!every && Clock::now() < began_ + kLongestStart) return;
  all_judged_ = true;
  // Who has not opened the list yet is told when it has.
  for (const pid_t worker : fleet_.set()) fleet_.send(worker, {{"say", message::kJudged}});
}

json Deployer::present_modules() const {
  json groups = json::object();
  for (const auto& [name, group] : groups_) {
    auto& modules = groups[name] = json::array();
    for (const auto& [module, file] : group.present) modules.push_back(module);
  }
  return groups;
}

/// Requests to modules that are there but not loaded get a 503, and not a 404. Workers know of a
/// module before it serves, and that it is gone before its group is: there is no moment with the
/// wrong answer.
void Deployer::tell_present() const {
  fleet_.send_to_all({{"say", message::kPresent}, {"groups", present_modules()}});
}

void Deployer::tell_unserved() {
  std::set<std::string> groups;
  for (const auto& [name, group] : groups_) {
    if (!group.serving && !group.present.empty()) groups.insert(name);
  }
  if (groups == unserved_) return;
  unserved_ = groups;
  parts_.send({{"say", supervisor_message::kUnserved}, {"groups", groups}});
}

}  // namespace shoal::releases
