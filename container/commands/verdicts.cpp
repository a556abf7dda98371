#include "commands/verdicts.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <stdexcept>

#include "base/printable.hpp"
#include "commands/progress_line.hpp"
#include "control/ask_container.hpp"
#include "control/channel.hpp"

namespace shoal::commands {
namespace {

/// Returns the text under the key, fit for a terminal.
std::string printable_in(const nlohmann::json& object, const char* key) {
  return base::printable(control::text_of(object, key));
}

GroupVerdict group_verdict_in(const nlohmann::json& object) {
  return {.group = printable_in(object, "group"),
          .verdict = printable_in(object, "verdict"),
          .generation = printable_in(object, "generation"),
          .reason = printable_in(object, "reason")};
}

/// Returns ": REASON", or nothing when no reason was told.
std::string after_colon(const std::string& reason) { return reason.empty() ? "" : ": " + reason; }

/// Returns what serves after a verdict that is not good.
std::string still_serving(const GroupVerdict& verdict) {
  if (verdict.group.empty()) return "; nothing has changed";
  return verdict.generation.empty() ? "; the group has no generation"
                                    : "; still serving " + verdict.generation;
}

std::string after_comma(const std::string& generation) {
  return generation.empty() ? "" : ", " + generation;
}

}  // namespace

std::vector<GroupVerdict> verdicts_in(const nlohmann::json& answer) {
  std::vector<GroupVerdict> verdicts;
  const auto groups = answer.find("groups");
  if (groups != answer.end() && groups->is_array()) {
    for (const auto& group : *groups) verdicts.push_back(group_verdict_in(group));
  } else {
    verdicts.push_back(group_verdict_in(answer));
  }
  if (std::ranges::count(verdicts, "", &GroupVerdict::verdict) == 0) return verdicts;
  throw std::runtime_error(
      "the container's answer has no verdict; use a shoal of the same version as the container");
}

bool is_good(const GroupVerdict& verdict) {
  return verdict.verdict == "live" || verdict.verdict == "unchanged";
}

std::string text_of(const GroupVerdict& verdict, std::optional<std::chrono::milliseconds> took) {
  const std::string group = verdict.group.empty() ? "the configuration" : verdict.group;
  if (verdict.verdict == "live") {
    return group + ": live" + after_comma(verdict.generation) + after_comma(verdict.reason) +
           (took ? ", in " + std::to_string(took->count()) + " ms" : "");
  }
  if (verdict.verdict == "unchanged") {
    return group + ": unchanged" + after_comma(verdict.generation);
  }
  if (verdict.verdict == "overtaken") {
    return group + ": overtaken by a later drop" + after_colon(verdict.reason) +
           still_serving(verdict);
  }
  if (verdict.verdict == "none") {
    return group + ": no verdict" + after_colon(verdict.reason) + still_serving(verdict) +
           "; see `shoal status`";
  }
  return group + ": " + verdict.verdict + after_colon(verdict.reason) + still_serving(verdict);
}

int print(const std::vector<GroupVerdict>& verdicts,
          std::optional<std::chrono::milliseconds> took) {
  for (const auto& verdict : verdicts) {
    (is_good(verdict) ? std::cout : std::cerr) << text_of(verdict, took) << std::endl;
  }
  return exit_code_of(verdicts);
}

int exit_code_of(const std::vector<GroupVerdict>& verdicts) {
  return std::ranges::all_of(verdicts, [](const GroupVerdict& verdict) { return is_good(verdict); })
             ? 0
             : 1;
}

nlohmann::json ask_and_wait(const std::filesystem::path& run, nlohmann::json question,
                            std::chrono::milliseconds patience, const std::string& what,
                            const std::function<bool()>& interrupted) {
  const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
  ProgressLine line(std::cerr, is_terminal, what);
  if (is_terminal) question["progress"] = true;
  return control::ask_container(run, question,
                                {.patience = patience,
                                 .progress = [&line](const auto& text) { line.say(text); },
                                 .go_on =
                                     [&] {
                                       line.show();
                                       return !interrupted || !interrupted();
                                     }});
}

}  // namespace shoal::commands
