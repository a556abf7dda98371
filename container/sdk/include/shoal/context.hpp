#pragma once

#include <string>
#include <string_view>

#include "shoal/config.hpp"
#include "shoal/export.hpp"
#include "shoal/state.hpp"

namespace shoal {

/// The levels of the container's log.
enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// What a module can ask the container: its name, its settings, its State, the log. The constructor
/// of the module gets a reference, which stays valid until the module is destroyed. Safe to call
/// from any thread.
class SHOAL_EXPORT Context {
 public:
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  /// Returns the module's dotted name, e.g. `aquarium.screen.home`.
  virtual const std::string& module() const = 0;

  /// Returns the name of the module's group, e.g. `aquarium`.
  virtual const std::string& group() const = 0;

  /// Returns the number of the module's generation, counted per group from 1.
  virtual unsigned long generation() const = 0;

  /// Returns the module's settings: what shoal.yaml has below `modules:` under the module's name.
  /// Empty when it has nothing there.
  virtual const Config& config() const = 0;

  /// Returns what the group remembers across reloads, crashes and restarts. The reference is valid
  /// until the module is destroyed. Throws StateError when this container has no State.
  virtual State& state() const = 0;

  /// Returns true during the trial load in a short-lived process. A constructor should then do
  /// what it always does, but change nothing outside its process: write to files, databases and
  /// State only when `!probing()`. State throws StateError when it is written to during a trial.
  virtual bool probing() const = 0;

  /// Writes one line to the container's log. The container puts time, module and generation before
  /// it, and escapes control characters.
  virtual void log(LogLevel level, std::string_view line) const = 0;

 protected:
  Context() = default;
  virtual ~Context();
};

}  // namespace shoal
