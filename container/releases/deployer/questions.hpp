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

  /// Sends what a question waits for, for people; an answer follows.
  using Progress = std::function<void(unsigned question, const std::string& text)>;

  explicit Questions(Answer answer, Progress progress = {})
      : answer_(std::move(answer)), progress_(std::move(progress)) {}

  /// Module name -> SHA-256 of what was dropped.
  using Dropped = std::map<std::string, std::string>;

  /// Waits for the verdict on files that were dropped, by group.
  void ask(unsigned question, std::map<std::string, Dropped> groups);

  /// Waits for the verdict on the wish that has this question's number.
  void ask(unsigned question, const std::string& group);

  /// From here on, `tell` sends the progress of this question, if it is not answered yet.
  void follow(unsigned question);

  /// Sends the progress of each question that is followed, if it has changed: `pond/12: trying`, or
  /// `3 of 12 groups decided; pond/12: trying`.
  void tell(const Groups& groups);

  /// The group has a verdict, or its files have had one: answers what waits for it. `granted` is
  /// the question of the wish that was judged; 0: none was. A question about bytes that were not
  /// judged waits as long as there are unread files; then a later drop has overtaken them.
  void judged(const Group& group, unsigned granted);

  /// Answers what waits for the group, whatever bytes it is about. `generation` is the label of
  /// what serves; empty: nothing does.
  void answer(const std::string& group, Verdict verdict, const std::string& generation,
              const std::string& reason);

 private:
  struct Question {
    unsigned number;
    std::map<std::string, std::optional<Dropped>> waiting{};  // by group
    std::map<std::string, nlohmann::json> verdicts{};
    bool followed = false;
    std::string told{};  // of its progress
  };

  static std::string progress_of(const Question& question, const Groups& groups);

  void conclude();

  Answer answer_;
  Progress progress_;
  std::list<Question> questions_;
};

}  // namespace shoal::releases
