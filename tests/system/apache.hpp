#pragma once

#include <filesystem>
#include <string>

#include "server.hpp"

namespace shoal::system {

// Apache with the sites of deploy/apache, where only addresses and paths are replaced. It refuses
// to serve as root; started by root it runs as nobody who may still read and write everything,
// since a test's folder is closed to everyone else.

/// mod_proxy_fcgi over this unix socket.
Server::Setup apache_over_unix(std::filesystem::path socket);

/// mod_proxy_fcgi over TCP; `address` is as 127.0.0.1:9000.
Server::Setup apache_over_tcp(std::string address);

/// mod_fcgid, which starts the container with this configuration when the first request comes.
Server::Setup apache_with_fcgid(std::filesystem::path configuration);

}  // namespace shoal::system
