#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "settings/settings.hpp"

namespace shoal::settings {

/// Reads `unix:PATH`, `HOST:PORT`, `[::1]:PORT`, `fd:N` or `systemd`. Sets kind, path, host, port
/// and descriptor; all other members have their defaults. Resolves a relative path against
/// `folder`. Throws ValueError.
Listen parse_socket(std::string_view text, const std::filesystem::path& folder);

/// Returns a text that is the same for all ways of writing one socket. Does not resolve names:
/// localhost and 127.0.0.1 are two sockets.
std::string identity_of(const Listen& listen);

/// Returns an IPv4 or IPv6 address in its shortest form; nullopt if `text` is not an address.
std::optional<std::string> shortest_address(std::string_view text);

}  // namespace shoal::settings
