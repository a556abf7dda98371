#include "daemon/epoch.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <vector>

#include "daemon/assemble.hpp"
#include "settings/socket.hpp"

namespace shoal::daemon {
namespace {

Epoch::Listeners listeners_of(const settings::Settings& settings, const InheritedSockets& inherited,
                              const Epoch::Listeners& before) {
  Epoch::Listeners listeners;
  for (const auto& listen : settings.listen) {
    const std::string identity = settings::identity_of(listen);
    unsigned number = 0;
    try {
      for (const auto& address : addresses_of(listen, inherited)) {
        const std::string key = identity + " " + std::to_string(number++);
        const auto open = before.find(key);
        auto& listener = listeners[key];
        if (open != before.end()) {
          listener = std::make_shared<const fastcgi::Listener>(
              open->second->adjusted(address, listen.backlog));
          continue;
        }
        listener = std::make_shared<const fastcgi::Listener>(address, listen.backlog);
        spdlog::info("listening on {}", listener->name());
      }
    } catch (const std::exception& error) {
      throw std::runtime_error(listen.where + ": listen: " + error.what());
    }
  }
  return listeners;
}

}  // namespace

Epoch Epoch::make(settings::Settings settings, const InheritedSockets& inherited) {
  auto listeners = listeners_of(settings, inherited, {});
  return {std::make_shared<const settings::Settings>(std::move(settings)), std::move(listeners),
          std::make_shared<const fastcgi::Handover>()};
}

Epoch Epoch::make(settings::Settings settings, const InheritedSockets& inherited,
                  const Epoch& before) {
  auto listeners = listeners_of(settings, inherited, before.listeners);
  return {std::make_shared<const settings::Settings>(std::move(settings)), std::move(listeners),
          before.handover};
}

bool Epoch::admits_those_of(const settings::Settings& other) const {
  return std::ranges::equal(settings->listen, other.listen,
                            [](const auto& left, const auto& right) {
                              return settings::identity_of(left) == settings::identity_of(right) &&
                                     left.allowed_clients == right.allowed_clients;
                            });
}

}  // namespace shoal::daemon
