#include "daemon/epoch.hpp"

#include <spdlog/spdlog.h>

#include <vector>

#include "daemon/assemble.hpp"
#include "settings/socket.hpp"

namespace shoal::daemon {

Epoch Epoch::make(settings::Settings settings, const Listeners& before) {
  Listeners listeners;
  for (const auto& listen : settings.listen) {
    const std::string identity = settings::identity_of(listen);
    unsigned number = 0;
    try {
      for (const auto& address : addresses_of(listen)) {
        const std::string key = identity + " " + std::to_string(number++);
        const auto open = before.find(key);
        auto& listener = listeners[key];
        if (open != before.end()) {
          listener = open->second;
          continue;
        }
        listener = std::make_shared<const fastcgi::Listener>(address, listen.backlog);
        spdlog::info("listening on {}", listener->name());
      }
    } catch (const std::exception& error) {
      throw std::runtime_error(listen.where + ": listen: " + error.what());
    }
  }
  return {std::make_shared<const settings::Settings>(std::move(settings)), std::move(listeners)};
}

}  // namespace shoal::daemon
