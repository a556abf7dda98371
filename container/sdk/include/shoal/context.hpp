#pragma once

#include <string>
#include <string_view>

#include "shoal/config.hpp"
#include "shoal/export.hpp"
#include "shoal/state.hpp"

namespace shoal {

/// Where log lines of a module go; the container puts time, module and generation before each.
enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// What a module knows about itself and its surroundings. Handed to its constructor and valid as
/// long as the module is; keep the reference. Safe to call from any thread.
class SHOAL_EXPORT Context {
 public:
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  /// The module's dotted name, e.g. `aquarium.screen.home`.
  virtual const std::string& module() const = 0;

  /// The group it is replaced with, e.g. `aquarium`.
  virtual const std::string& group() const = 0;

  /// The number of its generation, from 1, counted per group.
  virtual unsigned long generation() const = 0;

  /// What conf/shoal.yaml says under `modules:` for this module; empty when it says nothing.
  virtual const Config& config() const = 0;

  /// What the group remembers across reloads, crashes and restarts. Keep the reference; it is valid
  /// as long as the module is. Throws StateError when this container has no state.
  virtual State& state() const = 0;

  /// Whether this object is only made to see that it can be, in a process that is thrown away
  /// before the module serves. It should be made just as when it counts, but without effects on
  /// the world: State is read-only here, so write only when `!probing()`.
  virtual bool probing() const = 0;

  /// One line to the container's log. Control bytes are escaped.
  virtual void log(LogLevel level, std::string_view line) const = 0;

 protected:
  Context() = default;
  virtual ~Context();
};

}  // namespace shoal
