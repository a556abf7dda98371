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

/// Every user of the machine may ask: what is answered is no secret.
constexpr unsigned kHealthMode = 0666;

fastcgi::Address address_of(const settings::Listen& socket) {
  if (socket.kind == settings::Listen::Kind::kUnix) {
    return fastcgi::UnixAddress{socket.path, kHealthMode, {}, {}};
  }
  return fastcgi::TcpAddress{socket.host, socket.port, {}};
}

/// Opens the socket for health checks, or goes on with that of `before`, which may be null. Returns
/// null when none is configured.
std::shared_ptr<const fastcgi::Listener> health_of(const settings::Settings& settings,
                                                   const Epoch* before) {
  if (!settings.health) return nullptr;
  const auto& socket = settings.health->socket;
  if (before != nullptr && before->health &&
      settings::identity_of(before->settings->health->socket) == settings::identity_of(socket)) {
    return before->health;
  }
  try {
    auto health = std::make_shared<const fastcgi::Listener>(address_of(socket), socket.backlog);
    spdlog::info("health checks are answered on {}", health->name());
    return health;
  } catch (const std::exception& error) {
    throw std::runtime_error(socket.where + ": health: " + error.what());
  }
}

}  // namespace

Epoch Epoch::make(settings::Settings settings, const InheritedSockets& inherited) {
  auto listeners = listeners_of(settings, inherited, {});
  auto health = health_of(settings, nullptr);
  return {std::make_shared<const settings::Settings>(std::move(settings)), std::move(listeners),
          std::move(health), std::make_shared<const fastcgi::Handover>()};
}

Epoch Epoch::make(settings::Settings settings, const InheritedSockets& inherited,
                  const Epoch& before) {
  auto listeners = listeners_of(settings, inherited, before.listeners);
  auto health = health_of(settings, &before);
  return {std::make_shared<const settings::Settings>(std::move(settings)), std::move(listeners),
          std::move(health), before.handover};
}

bool Epoch::admits_those_of(const settings::Settings& other) const {
  return std::ranges::equal(settings->listen, other.listen,
                            [](const auto& left, const auto& right) {
                              return settings::identity_of(left) == settings::identity_of(right) &&
                                     left.allowed_clients == right.allowed_clients;
                            });
}

}  // namespace shoal::daemon
