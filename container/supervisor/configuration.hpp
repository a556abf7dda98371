#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "fastcgi/handover.hpp"
#include "fastcgi/listener.hpp"
#include "releases/freshness/feed.hpp"
#include "settings/settings.hpp"
#include "supervisor/inherited_sockets.hpp"

namespace shoal::supervisor {

/// A configuration with the sockets that it listens on. A socket that a new configuration keeps
/// belongs to both while the new one starts, so it is never closed in between.
struct Configuration {
  using Listeners = std::map<std::string, std::shared_ptr<const fastcgi::Listener>>;

  std::shared_ptr<const settings::Settings> settings;
  Listeners listeners;  ///< by settings::identity_of, and a number for each of systemd's
  std::shared_ptr<const fastcgi::Listener> health;  ///< null: no health checks are configured

  /// Shared by its workers and those of the configurations after it.
  std::shared_ptr<const fastcgi::Handover> handover;

  /// Shared by its deployer and its workers, and kept when one of them dies.
  releases::Feed feed;

  std::optional<gid_t> control_group;  ///< may use the control socket

  /// Opens the sockets of the first configuration. Throws std::exception, with file and line.
  static Configuration open(settings::Settings settings, const InheritedSockets& inherited);

  /// Opens the sockets that `before` does not have, and shares the others. Throws as above.
  static Configuration open(settings::Settings settings, const InheritedSockets& inherited,
                            const Configuration& before);

  /// Returns true if it accepts the same clients on the same sockets as `other`. Then its workers
  /// may take over connections that web servers keep open to a worker with `other`.
  bool admits_clients_of(const settings::Settings& other) const;
};

}  // namespace shoal::supervisor
