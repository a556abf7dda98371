#include <iostream>
#include <nlohmann/json.hpp>

#include "commands/commands.hpp"
#include "commands/verdicts.hpp"

namespace shoal::commands {
namespace {

int ask_for_verdict(const std::filesystem::path& run, const nlohmann::json& question,
                    const VerdictOptions& options, const std::string& what) {
  const auto answer = ask_and_wait(run, question, options.wait, what);
  const auto verdicts = verdicts_in(answer);
  if (!options.json) return print(verdicts);
  std::cout << answer.dump() << '\n';
  return exit_code_of(verdicts);
}

}  // namespace

int reload(const std::filesystem::path& run, const std::string& group,
           const VerdictOptions& options) {
  nlohmann::json question{{"ask", "reload"}};
  if (!group.empty()) question["group"] = group;
  return ask_for_verdict(run, question, options,
                         "waiting for " + (group.empty() ? "the new configuration" : group));
}

int rollback(const std::filesystem::path& run, const std::string& group, unsigned long number,
             const VerdictOptions& options) {
  nlohmann::json question{{"ask", "rollback"}, {"group", group}};
  if (number != 0) question["number"] = number;
  return ask_for_verdict(run, question, options, "waiting for " + group);
}

}  // namespace shoal::commands
