#include "releases/deployer/questions.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "releases/deployer/progress.hpp"

namespace shoal::releases {
namespace {

using nlohmann::json;

/// Returns whether these bytes are among what was judged.
bool was_judged(const Judgement& judgement, const Questions::Dropped& dropped) {
  // Files that could not be read were judged by their names.
  if (judgement.files.empty()) return judgement.verdict == Verdict::kRefused;
  return std::ranges::all_of(dropped, [&](const auto& entry) {
    const auto file = std::ranges::find(judgement.files, entry.first, &ReleasedFile::module);
    return file != judgement.files.end() && file->sha256 == entry.second;
  });
}

json words_of(const std::string& group, Verdict verdict, const std::string& generation,
              const std::string& reason) {
  return {{"group", group},
          {"verdict", text_of(verdict)},
          {"generation", generation},
          {"reason", reason}};
}

}  // namespace

void Questions::ask(unsigned question, std::map<std::string, Dropped> groups) {
  Question asked{.number = question};
  for (auto& [group, dropped] : groups) asked.waiting.emplace(group, std::move(dropped));
  questions_.push_back(std::move(asked));
  conclude();
}

void Questions::ask(unsigned question, const std::string& group) {
  questions_.push_back({.number = question, .waiting = {{group, std::nullopt}}});
}

void Questions::follow(unsigned question) {
  const auto found = std::ranges::find(questions_, question, &Question::number);
  if (found != questions_.end()) found->followed = true;
}

void Questions::tell(const Groups& groups) {
  for (auto& question : questions_) {
    if (!question.followed) continue;
    std::string text = progress_of(question, groups);
    if (text.empty() || text == question.told) continue;
    progress_(question.number, text);
    question.told = std::move(text);
  }
}

/// Tells of the group that is nearest to its verdict.
std::string Questions::progress_of(const Question& question, const Groups& groups) {
  const Group* nearest = nullptr;
  for (const auto& [name, dropped] : question.waiting) {
    const auto group = groups.find(name);
    if (group == groups.end()) continue;
    if (nearest == nullptr || group->second.life.state() > nearest->life.state()) {
      nearest = &group->second;
    }
  }
  if (nearest == nullptr) return "";
  const auto decided = question.verdicts.size(), all = decided + question.waiting.size();
  const std::string text = releases::progress_of(*nearest);
  if (all == 1) return text;
  return std::to_string(decided) + " of " + std::to_string(all) + " groups decided; " + text;
}

void Questions::judged(const Group& group, unsigned granted) {
  const std::string serving = group.serving ? group.serving->label() : "";
  const auto words_of_verdict = [&](const Judgement& judgement) {
    return words_of(group.name, judgement.verdict, serving, judgement.reason);
  };
  for (auto& question : questions_) {
    const auto found = question.waiting.find(group.name);
    if (found == question.waiting.end()) continue;
    const auto& dropped = found->second;
    if (!dropped && question.number == granted) {
      question.verdicts[group.name] = words_of_verdict(*group.last);
    } else if (dropped && group.last_drop && was_judged(*group.last_drop, *dropped)) {
      question.verdicts[group.name] = words_of_verdict(*group.last_drop);
    } else if (dropped && !group.has_unread_files()) {
      question.verdicts[group.name] =
          words_of(group.name, Verdict::kOvertaken, serving, kOvertaken);
    } else {
      continue;
    }
    question.waiting.erase(found);
  }
  conclude();
}

void Questions::answer(const std::string& group, Verdict verdict, const std::string& generation,
                       const std::string& reason) {
  for (auto& question : questions_) {
    if (question.waiting.erase(group) == 0) continue;
    question.verdicts[group] = words_of(group, verdict, generation, reason);
  }
  conclude();
}

void Questions::conclude() {
  std::erase_if(questions_, [this](Question& question) {
    if (!question.waiting.empty()) return false;
    json groups = json::array();
    for (auto& [name, words] : question.verdicts) groups.push_back(std::move(words));
    answer_(question.number, {{"groups", std::move(groups)}});
    return true;
  });
}

}  // namespace shoal::releases
