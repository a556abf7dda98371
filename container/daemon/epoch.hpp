#pragma once

#include <map>
#include <memory>
#include <string>

#include "fastcgi/listener.hpp"
#include "settings/settings.hpp"

namespace shoal::daemon {

/// One configuration that serves, or is about to, with the sockets it listens on. A socket that a
/// new configuration keeps belongs to both, so it is never closed in between.
struct Epoch {
  using Listeners = std::map<std::string, std::shared_ptr<const fastcgi::Listener>>;

  std::shared_ptr<const settings::Settings> settings;
  Listeners listeners;  ///< by settings::identity_of, and a number for each of systemd's

  /// Opens what `before` has not open already. Throws std::runtime_error, with file and line.
  static Epoch make(settings::Settings settings, const Listeners& before);
};

}  // namespace shoal::daemon
