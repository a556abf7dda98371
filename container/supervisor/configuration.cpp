#include "supervisor/configuration.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "control/users.hpp"
#include "settings/socket.hpp"

namespace shoal::supervisor {
namespace {

using settings::Listen;

/// Returns one address, or several if systemd passes several sockets. Throws std::runtime_error if
/// systemd passes no socket, or a descriptor was not inherited.
std::vector<fastcgi::Address> addresses_of(const Listen& listen,
                                           const InheritedSockets& inherited) {
  using Kind = Listen::Kind;
  if (listen.kind == Kind::kUnix) {
    return {fastcgi::UnixAddress{listen.path, listen.mode, listen.owner, listen.group}};
  }
  if (listen.kind == Kind::kTcp) {
    return {fastcgi::TcpAddress{listen.host, listen.port, listen.allowed_clients}};
  }
  if (listen.kind == Kind::kDescriptor) {
    // A socket that this process has opened itself, as the control socket, is refused.
    if (!inherited.contains(listen.descriptor)) {
      throw std::runtime_error("fd:" + std::to_string(listen.descriptor) +
                               ": no listening socket was open there when Shoal started; start it "
                               "through a program that leaves it one, such as spawn-fcgi -n, or "
                               "listen on unix:PATH or HOST:PORT");
    }
    return {fastcgi::InheritedDescriptor{listen.descriptor}};
  }
  std::vector<fastcgi::Address> addresses;
  for (const int descriptor : inherited.of_systemd()) {
    addresses.emplace_back(fastcgi::InheritedDescriptor{descriptor});
  }
  return addresses;
}

Configuration::Listeners listeners_of(const settings::Settings& settings,
                                      const InheritedSockets& inherited,
                                      const Configuration::Listeners& before) {
  Configuration::Listeners listeners;
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

// Every user of the machine may ask: the answers are not secret.
constexpr unsigned kHealthMode = 0666;

fastcgi::Address address_of(const Listen& socket) {
  if (socket.kind == Listen::Kind::kUnix) {
    return fastcgi::UnixAddress{socket.path, kHealthMode, {}, {}};
  }
  return fastcgi::TcpAddress{socket.host, socket.port, {}};
}

/// Opens the socket for health checks, or shares that of `before`, which may be null. Returns null
/// when no health checks are configured.
std::shared_ptr<const fastcgi::Listener> health_of(const settings::Settings& settings,
                                                   const Configuration* before) {
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

/// Returns the group that may use the control socket. Throws std::runtime_error if this process is
/// not in it.
std::optional<gid_t> control_group_of(const settings::Settings& settings) {
  const std::string& group = settings.control.group;
  if (group.empty()) return std::nullopt;
  return control::own_group(group, settings.file.native() + ": control.group");
}

/// Returns the configuration with the sockets that `before` has too; it may be null.
Configuration with_sockets(settings::Settings settings, const InheritedSockets& inherited,
                           const Configuration* before) {
  const auto control_group = control_group_of(settings);
  auto listeners = listeners_of(settings, inherited,
                                before == nullptr ? Configuration::Listeners{} : before->listeners);
  auto health = health_of(settings, before);
  return {.settings = std::make_shared<const settings::Settings>(std::move(settings)),
          .listeners = std::move(listeners),
          .health = std::move(health),
          .handover =
              before == nullptr ? std::make_shared<const fastcgi::Handover>() : before->handover,
          .feed = releases::Feed::make(),
          .control_group = control_group};
}

}  // namespace

Configuration Configuration::open(settings::Settings settings, const InheritedSockets& inherited) {
  return with_sockets(std::move(settings), inherited, nullptr);
}

Configuration Configuration::open(settings::Settings settings, const InheritedSockets& inherited,
                                  const Configuration& before) {
  return with_sockets(std::move(settings), inherited, &before);
}

bool Configuration::admits_clients_of(const settings::Settings& other) const {
  return std::ranges::equal(settings->listen, other.listen,
                            [](const auto& left, const auto& right) {
                              return settings::identity_of(left) == settings::identity_of(right) &&
                                     left.allowed_clients == right.allowed_clients;
                            });
}

}  // namespace shoal::supervisor
