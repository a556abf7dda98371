#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "process.hpp"

namespace shoal::system {

/// A port of 127.0.0.1 that is free at this moment. Whoever finds it taken after all tries another.
std::uint16_t free_port();

/// Whether anybody listens on the port.
bool is_taken(std::uint16_t port);

/// A real nginx in front of a FastCGI server: its own prefix and configuration, as root or as a
/// user, with stock fastcgi_params and kept connections.
class Nginx {
 public:
  /// Runs below `folder` until destroyed. `server` is as `server` in `upstream` takes it, and
  /// `next_upstream` as `fastcgi_next_upstream` does; `location` is more for that block. Throws
  /// std::runtime_error when it does not start.
  Nginx(std::filesystem::path folder, const std::string& server,
        const std::string& next_upstream = "off", const std::string& location = "");
  ~Nginx();

  std::uint16_t port() const { return port_; }
  void stop();

  /// Its error log so far.
  std::string log() const;

 private:
  void write_conf(const std::string& server, const std::string& next_upstream,
                  const std::string& location) const;
  bool answers();

  const std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  std::optional<Process> process_;
};

}  // namespace shoal::system
