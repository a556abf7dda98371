#pragma once

#include <optional>
#include <string>

namespace shoal::releases {

/// The life of a group, from one verdict to the next. Pure: no thread, file or clock. The table in
/// life.cpp has all transitions that there are; `on` is the only function that makes one.
class Life {
 public:
  enum class State {
    kCurrent,   ///< what lies in the apps folder is judged
    kSettling,  ///< it differs, or somebody has asked for a new generation; not begun yet
    kTrying,    ///< it is staged, verified and probed
    kWaiting,   ///< it was tried; the group waits for its turn to be opened
    kOpening,   ///< one worker opens it
    kSpreading  ///< the other workers open it
  };

  enum class Event {
    kChanged,      ///< files changed, or somebody asked for a new generation
    kReverted,     ///< the files are again what was judged
    kBegun,        ///< its trial begins
    kUnstable,     ///< files changed while they were staged, or the machine lacks something
    kTried,        ///< it is good, as far as a trial tells
    kTurn,         ///< a worker is told to open it
    kInterrupted,  ///< that worker was lost; another one has to open it
    kOpened,       ///< that worker has opened it
    kJudged        ///< there is a verdict
  };

  State state() const { return state_; }

  /// Returns true if something changed since the trial began: after the verdict, the group settles
  /// again.
  bool changed_meanwhile() const { return changed_meanwhile_; }

  /// Makes the transition. Throws std::logic_error if the table has none.
  void on(Event event);

 private:
  State state_ = State::kCurrent;
  bool changed_meanwhile_ = false;
};

/// Returns the word for people and for JSON: `current`, `settling`, `trying`, ...
std::string text_of(Life::State state);

}  // namespace shoal::releases
