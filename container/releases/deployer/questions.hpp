#pragma once

#include <functional>
#include <list>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "releases/deployer/group.hpp"

namespace shoal::releases {

/// Why a drop was overtaken.
inline constexpr const char* kOvertaken = "other files came before these were read";

/// The questions of commands that wait for a verdict: `shoal drop`, `reload` and `rollback`. Each
/// gets one answer, with one verdict for each group. Used by one thread.
class Questions {
 public:
  /// Sends an answer; `words` is what the command gets.
  using Answer = std::function<void(unsigned question, nlohmann::json words)>;

  explicit Questions(Answer answer) : answer_(std::move(answer)) {}

  /// Module name -> SHA-256 of what was dropped.
  using Dropped = std::map<std::string, std::string>;

  /// Waits for the verdict on files that were dropped, by group.
  void ask(unsigned question, std::map<std::string, Dropped> groups);

  /// Waits for the verdict on the wish that has this question's number.
  void ask(unsigned question, const std::string& group);

  /// The group has a verdict, or its files have had one: answers what waits for it. `granted` is
  /// the question of the wish that was judged; 0: none was. A question about bytes that were not
  /// judged waits as long as there are unread files; then a later drop has overtaken them.
  void judged(const Group& group, unsigned granted);

  /// Answers what waits for the group, whatever bytes it is about. `generation` is the label of
  /// what serves; empty: nothing does.
  void answer(const std::string& group, Verdict verdict, const std::string& generation,
              const std::string& reason);

  /// Returns true if any question waits for the group.
  bool wait_for(const std::string& group) const;

 private:
  struct Question {
    unsigned number;
    std::map<std::string, std::optional<Dropped>> waiting;  // by group
    std::map<std::string, nlohmann::json> verdicts;
  };

  void conclude();

  Answer answer_;
  std::list<Question> questions_;
};

}  // namespace shoal::releases
