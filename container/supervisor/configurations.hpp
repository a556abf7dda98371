#pragma once

#include <optional>
#include <string>

#include "status/overview.hpp"
#include "supervisor/configuration.hpp"

namespace shoal::supervisor {

/// The configuration that serves, and, after a SIGHUP, the one that starts beside it. The new one
/// takes effect when all its workers serve; until then it can be refused, and the old one stays.
/// Reports each step to the log and to systemd. Used by one thread.
class Configurations {
 public:
  /// REQUIRES: `inherited` outlives it.
  Configurations(Configuration first, const InheritedSockets& inherited)
      : current_(std::move(first)), inherited_(inherited) {}

  const Configuration& current() const { return current_; }

  /// Returns the configuration that starts; null if no reload is in progress.
  const Configuration* next() const { return next_ ? &*next_ : nullptr; }

  /// Returns true if `worker_settings` are those of next().
  bool is_next(const settings::Settings* worker_settings) const;

  /// Reads the file again and opens the sockets that it adds: next() is the result. If that fails,
  /// the reload is refused. `asked_by` is for the log: `SIGHUP`.
  void reload(const std::string& asked_by);

  /// Makes next() the current one. REQUIRES: next() is not null.
  void adopt();

  /// Gives up next(), if there is one, and counts a refused reload.
  void refuse(const std::string& why);

  /// Closes the sockets and gives up next(), since the service stops.
  void close();

  const status::Reloads& reloads() const { return reloads_; }

 private:
  Configuration current_;
  std::optional<Configuration> next_;
  const InheritedSockets& inherited_;
  status::Reloads reloads_;
};

}  // namespace shoal::supervisor
