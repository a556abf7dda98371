#pragma once

#include <filesystem>

#include "server.hpp"

namespace shoal::system {

// Web servers with the sites of deploy/, where only addresses and paths are replaced, in front of a
// container on this unix socket.

/// Unlike `Nginx`, which is set up for tests that must see each failure.
Server::Setup shipped_nginx(std::filesystem::path socket);

Server::Setup lighttpd(std::filesystem::path socket);
Server::Setup caddy(std::filesystem::path socket);
Server::Setup h2o(std::filesystem::path socket);

}  // namespace shoal::system
