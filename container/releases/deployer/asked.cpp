// What commands and the supervisor ask of the deployer.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/nearest.hpp"
#include "base/printable.hpp"
#include "releases/deployer/deployer.hpp"
#include "releases/deployer/messages.hpp"
#include "releases/deployer/supervisor_messages.hpp"

namespace shoal::releases {
namespace {

using nlohmann::json;

double seconds_of(std::chrono::system_clock::time_point when) {
  return std::chrono::duration<double>(when.time_since_epoch()).count();
}

json json_of(const Attempt& attempt) {
  return {{"at", seconds_of(attempt.at)},
          {"by", text_of(attempt.origin)},
          {"generation", attempt.generation},
          {"verdict", text_of(attempt.verdict)},
          {"reason", attempt.reason}};
}

/// Returns the attempt that made the release what it is: the last live one of what serves, else the
/// last one that was decided. A drop of the same bytes as what serves changes nothing. Null if
/// there is no such attempt.
const Attempt* decisive_attempt(const Release& release, bool serving) {
  const auto& attempts = release.attempts;
  const auto is_decisive = [serving](const Attempt& it) {
    return it.verdict == Verdict::kLive || (!serving && it.verdict == Verdict::kRefused);
  };
  const auto found = std::find_if(attempts.rbegin(), attempts.rend(), is_decisive);
  if (found != attempts.rend()) return &*found;
  return serving || attempts.empty() ? nullptr : &attempts.back();
}

json json_of(const Release& release, bool serving) {
  json files = json::array(), generations = json::array(), attempts = json::array();
  for (const auto& file : release.files) {
    files.push_back({{"module", file.module},
                     {"path", file.path.native()},
                     {"sha256", file.sha256},
                     {"build_id", file.build_id},
                     {"size", file.size}});
  }
  for (const auto& attempt : release.attempts) {
    if (attempt.generation != 0) generations.push_back(attempt.generation);
    attempts.push_back(json_of(attempt));
  }
  const Attempt* const decisive = decisive_attempt(release, serving);
  const Verdict verdict = serving ? Verdict::kLive : release.verdict();
  return {{"group", release.group},
          {"number", release.number},
          {"at", decisive == nullptr ? json() : json(seconds_of(decisive->at))},
          {"by", decisive == nullptr ? "" : text_of(decisive->origin)},
          {"files", std::move(files)},
          {"generations", std::move(generations)},
          {"verdict", text_of(decisive == nullptr ? verdict : decisive->verdict)},
          {"reason", decisive == nullptr ? "" : decisive->reason},
          {"attempts", std::move(attempts)},
          {"ban", release.ban == Ban::kNone ? "" : text_of(release.ban)},
          {"serving", serving}};
}

/// Returns "as `shoal reload` by root has asked", for the log.
std::string as_asked(const char* command, const std::string& who) {
  const std::string by = who.empty() ? "" : " by " + base::printable(who);
  return std::string("as `shoal ") + command + "`" + by + " has asked";
}

/// Returns the error about a group that is not known, with the nearest name.
json no_such_group(const std::string& name, const Groups& known) {
  std::vector<std::string> names;
  for (const auto& [group, facts] : known) names.push_back(group);
  return {{"error", name + ": there is no such group" + base::did_you_mean(name, names)}};
}

/// Returns the name of the group that the words ask for. A module that is pinned has a group of its
/// own, `pinned.lone`, which may be asked for as `lone`.
std::string group_in(const json& words, const Groups& known) {
  const std::string name = words.value("group", "");
  const std::string pinned = "pinned." + name;
  return !known.contains(name) && known.contains(pinned) ? pinned : name;
}

}  // namespace

void Deployer::handle(const json& message) {
  const std::string said = message.value("say", "");
  const auto worker = message.value("worker", pid_t{0});
  if (said == supervisor_message::kFrom)
    return hear(worker, message.value("message", json::object()));
  if (said == supervisor_message::kWorker) return fleet_.send(worker, {{"say", message::kReport}});
  if (said == supervisor_message::kExited) {
    fleet_.exited(worker);
    untidy_ = true;
    return openings_.lost(worker, message);
  }
  if (said == supervisor_message::kLeft) return openings_.left(worker);
  if (said == supervisor_message::kWithdraw) {
    return withdraw(message.value("group", ""), message.value("number", 0ul),
                    message.value("crashes", 0u));
  }
  if (said == supervisor_message::kQuestion) return answer(message.value("question", 0u), message);
  if (said == supervisor_message::kRelease) releasing_ = true;
}

void Deployer::answer(unsigned question, const json& message) {
  const json words = message.value("words", json::object());
  const std::string who = message.value("who", "");
  try {
    ask(question, words, who);
    if (words.value("progress", false)) questions_.follow(question);
  } catch (const json::exception& error) {
    // Else the next deployer, which is asked again, would die of it, too.
    send_answer(question,
                {{"error", std::string("the question cannot be understood: ") + error.what()}});
  }
}

void Deployer::ask(unsigned question, const json& words, const std::string& who) {
  const std::string asked = words.value("ask", "");
  if (asked == "drop") return ask_drop(question, words);
  if (asked == "reload") return ask_reload(question, words, who);
  if (asked == "rollback") return ask_rollback(question, words, who);
  if (asked == "history") return send_answer(question, history_of(words));
  send_answer(question, {{"error", asked + ": the deployer does not know this question"}});
}

void Deployer::send_answer(unsigned question, json words) const {
  parts_.send(
      {{"say", supervisor_message::kAnswer}, {"question", question}, {"words", std::move(words)}});
}

void Deployer::ask_drop(unsigned question, const json& words) {
  apps_.read(groups_);  // the command has renamed its files before it asked
  std::map<std::string, Questions::Dropped> dropped;
  const json named = words.value("modules", json::object());
  for (const auto& [module, sha256] : named.items()) {
    if (!sha256.is_string()) continue;
    dropped[apps_.grouping().of(module).group][module] = sha256.get<std::string>();
  }
  std::vector<std::string> names;
  for (const auto& [name, modules] : dropped) names.push_back(name);
  questions_.ask(question, std::move(dropped));
  for (const auto& name : names) {
    const auto found = groups_.find(name);
    if (found == groups_.end()) {
      questions_.answer(name, Verdict::kOvertaken, "", kOvertaken);
    } else if (!found->second.swept && found->second.serving) {
      questions_.answer(name, Verdict::kNone, found->second.label(),
                        "the group is pinned: the files are in place, and are loaded when the "
                        "service starts again");
    } else if (!found->second.has_unread_files() && !found->second.deployment) {
      questions_.judged(found->second, 0);
    }
  }
}

/// Returns the group that the words name, if it can get another release; else answers the question.
Group* Deployer::replaceable(unsigned question, const json& words) {
  apps_.read(groups_);  // what lies there by now was dropped before this was asked
  const std::string name = group_in(words, groups_);
  const auto found = groups_.find(name);
  if (found == groups_.end()) {
    send_answer(question, no_such_group(name, groups_));
    return nullptr;
  }
  if (!found->second.decision) {
    send_answer(question,
                {{"error", name + ": the group has no generation; drop its files again"}});
    return nullptr;
  }
  const auto answer_with = [&](Verdict verdict, const std::string& reason) {
    const json verdict_words{{"group", name},
                             {"verdict", text_of(verdict)},
                             {"generation", found->second.label()},
                             {"reason", reason}};
    send_answer(question, {{"groups", json::array({verdict_words})}});
    return nullptr;
  };
  const Decision& decision = *found->second.decision;
  const bool is_done = decision.question == question && decision.service == parts_.service;
  // An earlier deployer died before it could answer.
  if (is_done) return answer_with(Verdict::kLive, "");
  if (found->second.swept) return &found->second;
  return answer_with(Verdict::kRefused, name +
                                            ": it is pinned: what serves is fixed until the "
                                            "service ends; put its modules into a group, or "
                                            "restart it");
}

void Deployer::ask_reload(unsigned question, const json& words, const std::string& who) {
  Group* const group = replaceable(question, words);
  if (group == nullptr) return;
  const auto* const release = records_.history().find(group->name, group->decision->release);
  if (release == nullptr) {
    return send_answer(question, {{"error", group->name + ": the files of " + group->label() +
                                                " are not kept; drop them again"}});
  }
  spdlog::info("{}: will be reloaded, {}", group->name, as_asked("reload", who));
  questions_.ask(question, group->name);
  wish(*group, {.origin = {Origin::Kind::kReload, who}, .question = question});
}

void Deployer::ask_rollback(unsigned question, const json& words, const std::string& who) {
  Group* const group = replaceable(question, words);
  if (group == nullptr) return;
  const auto& history = records_.history();
  const auto number = words.value("number", 0ul);
  const auto* const release = number == 0 ? history.before(group->name, group->decision->release)
                                          : history.find(group->name, number);
  if (release == nullptr) {
    const std::string what = number == 0 ? "there is no earlier release that was live"
                                         : "there is no release " + std::to_string(number);
    return send_answer(question, {{"error", group->name + ": " + what + "; see \"shoal history " +
                                                group->name + "\""}});
  }
  spdlog::info("{}: goes back to release {}, {}", group->name, release->number,
               as_asked("rollback", who));
  questions_.ask(question, group->name);
  wish(
      *group,
      {.origin = {Origin::Kind::kRollback, who}, .release = release->number, .question = question});
}

json Deployer::history_of(const json& words) const {
  const std::string asked = group_in(words, groups_);
  json releases = json::array();
  const auto& history = records_.history();
  for (const auto& name : history.groups()) {
    if (!asked.empty() && name != asked) continue;
    const auto group = groups_.find(name);
    const unsigned long serving =
        group != groups_.end() && group->second.serving && group->second.decision
            ? group->second.decision->release
            : 0;
    for (const auto& [number, release] : history.of(name)) {
      releases.push_back(json_of(release, number == serving));
    }
  }
  if (releases.empty() && !asked.empty()) {
    if (groups_.contains(asked)) return {{"error", asked + ": no release of it is kept"}};
    return no_such_group(asked, groups_);
  }
  return {{"releases", std::move(releases)}};
}

}  // namespace shoal::releases
