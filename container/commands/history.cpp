#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "commands/commands.hpp"
#include "commands/history_table.hpp"
#include "control/ask_container.hpp"

namespace shoal::commands {

int history(const std::filesystem::path& run, const std::string& group, bool as_json) {
  nlohmann::json question{{"ask", "history"}};
  if (!group.empty()) question["group"] = group;
  const auto answer = control::ask_container(run, question);
  const auto releases = answer.find("releases");
  if (releases == answer.end() || !releases->is_array()) {
    throw std::runtime_error(
        "the container's answer has no releases; use a shoal of the same version as the container");
  }
  if (as_json) {
    std::cout << answer.dump() << '\n';
  } else if (releases->empty()) {
    std::cout << "no release yet: nothing was dropped into the apps folder\n";
  } else {
    std::cout << history_table(*releases);
  }
  return 0;
}

}  // namespace shoal::commands
