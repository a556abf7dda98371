#pragma once

#include <filesystem>
#include <string>

#include "server.hpp"

namespace shoal::system {

// Apache with the sites of deploy/apache, in which only addresses and paths are replaced. Apache
// refuses to serve as root. So a test that runs as root starts it as the user `nobody` with the
// capability to read and write all files, since only root may enter the test's folder.

/// mod_proxy_fcgi over this unix socket.
Server::Setup apache_over_unix(std::filesystem::path socket);

/// mod_proxy_fcgi over TCP; `address` is as 127.0.0.1:9000.
Server::Setup apache_over_tcp(std::string address);

/// mod_fcgid, which starts the container with this configuration at the first request.
Server::Setup apache_with_fcgid(std::filesystem::path configuration);

}  // namespace shoal::system
