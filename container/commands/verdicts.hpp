#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace shoal::commands {

/// What the container says of one group, after a drop, a reload or a rollback.
struct GroupVerdict {
  std::string group;       ///< empty: the configuration
  std::string verdict;     ///< `live`, `unchanged`, `refused`, `overtaken` or `none`
  std::string generation;  ///< what serves now: `aquarium/13`; empty: no generation
  std::string reason;      ///< why it is not live; empty: not told
};

/// Returns the verdicts of an answer: `{"groups": [...]}`, or `{"verdict": ...}` alone. Throws
/// std::runtime_error, with the remedy, when the answer is neither.
std::vector<GroupVerdict> verdicts_in(const nlohmann::json& answer);

/// Returns true if what was asked for serves, or served already.
bool is_good(const GroupVerdict& verdict);

/// Returns the line for people: `aquarium: live, aquarium/13, in 9 ms`. `took` is left out unless
/// the group became live.
std::string text_of(const GroupVerdict& verdict,
                    std::optional<std::chrono::milliseconds> took = std::nullopt);

/// Prints a line for each: the good ones to standard output, the others to standard error. Returns
/// the exit code: 1 if one is not good.
int print(const std::vector<GroupVerdict>& verdicts,
          std::optional<std::chrono::milliseconds> took = std::nullopt);

/// Returns the exit code alone.
int exit_code_of(const std::vector<GroupVerdict>& verdicts);

/// Asks the container and waits for its answer, at most `patience`. On a terminal, says what is
/// waited for: `what`, or what the container tells, which is asked for that. Ends when
/// `interrupted` returns true. Throws as control::ask_container.
nlohmann::json ask_and_wait(const std::filesystem::path& run, nlohmann::json question,
                            std::chrono::milliseconds patience, const std::string& what,
                            const std::function<bool()>& interrupted = {});

}  // namespace shoal::commands
