#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "process.hpp"

namespace shoal::system {

/// Returns a port of 127.0.0.1 that is free now. Another program may take it before the caller
/// does; try another port then.
std::uint16_t free_port();

/// Returns true if a process listens on this port of 127.0.0.1.
bool is_listening(std::uint16_t port);

/// A real nginx in front of a FastCGI server, with a prefix and configuration of its own, the
/// packaged fastcgi_params, and kept connections to that server. Works as root and as a user.
class Nginx {
 public:
  /// Runs nginx in `folder` until the object is destroyed. `server` is the argument of `server` in
  /// the `upstream` block, `next_upstream` that of `fastcgi_next_upstream`; `location` has further
  /// lines for the `location` block. Throws std::runtime_error when nginx does not start.
  Nginx(std::filesystem::path folder, const std::string& server,
        const std::string& next_upstream = "off", const std::string& location = "");
  ~Nginx();

  std::uint16_t port() const { return port_; }
  void stop();

  /// Returns the error log so far.
  std::string log() const;

 private:
  void write_conf(const std::string& server, const std::string& next_upstream,
                  const std::string& location) const;
  /// Waits until nginx listens. Returns false when it has ended instead.
  bool wait_until_ready();

  const std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  std::optional<Process> process_;
};

}  // namespace shoal::system
