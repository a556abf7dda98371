#include <iostream>
#include <nlohmann/json.hpp>

#include "base/printable.hpp"
#include "commands/commands.hpp"
#include "commands/verdicts.hpp"
#include "control/ask_container.hpp"

namespace shoal::commands {
namespace {

/// Asks, and prints the verdict on `what`. Without a verdict in time, says what it waits for:
/// a reload of the configuration goes on then.
int ask_for_verdict(const std::filesystem::path& run, const nlohmann::json& question,
                    const VerdictOptions& options, const std::string& what) try {
  const auto answer = ask_and_wait(run, question, options.wait, "waiting for " + what);
  const auto verdicts = verdicts_in(answer);
  if (!options.json) return print(verdicts);
  std::cout << answer.dump() << '\n';
  return exit_code_of(verdicts);
} catch (const control::NotAnswered& error) {
  if (error.why() != control::NotAnswered::Why::kTooLate) throw;
  const bool is_of_a_group = question.contains("group");
  std::cerr << what << ": no verdict yet" << (is_of_a_group ? "" : ", and the reload goes on")
            << "; see `shoal status`, or wait for longer with --wait: "
            << base::printable(error.what()) << '\n';
  return 1;
}

}  // namespace

int reload(const std::filesystem::path& run, const std::string& group,
           const VerdictOptions& options) {
  nlohmann::json question{{"ask", "reload"}};
  if (!group.empty()) question["group"] = group;
  return ask_for_verdict(run, question, options, group.empty() ? "the new configuration" : group);
}

int rollback(const std::filesystem::path& run, const std::string& group, unsigned long number,
             const VerdictOptions& options) {
  nlohmann::json question{{"ask", "rollback"}, {"group", group}};
  if (number != 0) question["number"] = number;
  return ask_for_verdict(run, question, options, group);
}

}  // namespace shoal::commands
