#pragma once

#include <filesystem>

#include "server.hpp"

namespace shoal::system {

// Web servers with the sites of deploy/, in which only addresses and paths are replaced, in front
// of a container on this unix socket.

/// nginx as it is shipped. `Nginx`, in contrast, is configured so that a test sees each failure.
Server::Setup shipped_nginx(std::filesystem::path socket);

Server::Setup lighttpd(std::filesystem::path socket);
Server::Setup caddy(std::filesystem::path socket);
Server::Setup h2o(std::filesystem::path socket);

}  // namespace shoal::system
