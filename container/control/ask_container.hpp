#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "control/limits.hpp"

namespace shoal::control {

/// The question got no answer. The text has the remedy.
class NotAnswered : public std::runtime_error {
 public:
  enum class Why {
    kNoContainer,  ///< no container runs there
    kNoAccess,     ///< this user may not connect
    kTooLate,      ///< it was asked, and has not answered in time
    kEnded,        ///< it was asked, and has closed the connection without an answer
    kStopped       ///< `go_on` returned false
  };

  NotAnswered(Why why, const std::string& text) : std::runtime_error(text), why_(why) {}

  Why why() const { return why_; }

 private:
  Why why_;
};

/// How a command waits for its answer.
struct Waiting {
  std::chrono::milliseconds patience = kAnswerWait;  ///< for the answer, from the question on

  /// Called with the text of each line `{"progress": "..."}` that comes before the answer.
  std::function<void(const std::string&)> progress{};

  /// Called about every 100 ms while nothing arrives. If it returns false, the wait ends.
  std::function<bool()> go_on{};
};

/// The command's end of the control socket: sends a question to the container that uses the run
/// folder, and returns the answer, a JSON object. Throws NotAnswered when there is no answer, with
/// what holds it up, if the container has told that, and std::runtime_error with the container's
/// words when it answers with an error.
nlohmann::json ask_container(const std::filesystem::path& run, const nlohmann::json& question,
                             const Waiting& waiting = {});

}  // namespace shoal::control
