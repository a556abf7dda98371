#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "settings/settings.hpp"

namespace shoal::settings {

/// What `unix:PATH`, `HOST:PORT`, `[::1]:PORT` or `fd:N` names: kind, path, host, port and
/// descriptor are set, all else has its default. Throws Wrong.
Listen parse_socket(std::string_view text, const std::filesystem::path& folder);

/// A text that is the same for every way of writing one socket. Names are not looked up: localhost
/// and 127.0.0.1 are two.
std::string identity_of(const Listen& listen);

/// An IPv4 or IPv6 address in its shortest form; none when it is no address.
std::optional<std::string> shortest_address(std::string_view text);

}  // namespace shoal::settings
