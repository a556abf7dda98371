#pragma once

#include <map>
#include <memory>
#include <string>

#include "daemon/inherited_sockets.hpp"
#include "fastcgi/handover.hpp"
#include "fastcgi/listener.hpp"
#include "settings/settings.hpp"

namespace shoal::daemon {

/// One configuration that serves, or is about to, with the sockets it listens on. A socket that a
/// new configuration keeps belongs to both, so it is never closed in between.
struct Epoch {
  using Listeners = std::map<std::string, std::shared_ptr<const fastcgi::Listener>>;

  std::shared_ptr<const settings::Settings> settings;
  Listeners listeners;  ///< by settings::identity_of, and a number for each of systemd's
  std::shared_ptr<const fastcgi::Listener> health;  ///< null: no health check is answered

  /// For its workers and those of the epochs after it.
  std::shared_ptr<const fastcgi::Handover> handover;

  /// The first one. Opens what it listens on. Throws std::runtime_error, with file and line.
  static Epoch make(settings::Settings settings, const InheritedSockets& inherited);

  /// One to follow `before`: opens what that has not open already, and adjusts what it has. Throws
  /// as above.
  static Epoch make(settings::Settings settings, const InheritedSockets& inherited,
                    const Epoch& before);

  /// Whether it may take over what web servers keep open to a worker with these settings: it admits
  /// the same clients at the same sockets.
  bool admits_those_of(const settings::Settings& other) const;
};

}  // namespace shoal::daemon
