#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "process.hpp"

namespace shoal::system {

/// A real web server with a folder and a port of its own; the machine's own web server is never
/// touched. It runs, with its child processes, until the object is destroyed.
class Server {
 public:
  /// Writes the server's configuration below `folder`, for this port of 127.0.0.1. Returns the
  /// command that runs the server in the foreground.
  using Setup =
      std::function<std::vector<std::string>(const std::filesystem::path& folder, std::uint16_t)>;

  /// Returns as soon as the server listens. Throws std::runtime_error when it does not start.
  Server(std::filesystem::path folder, const Setup& setup);
  ~Server();

  std::uint16_t port() const { return port_; }
  void stop();

  /// Returns the server's output so far, and its error log if that is `error.log` in its folder.
  std::string log() const;

 private:
  const std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  std::optional<Process> process_;
};

/// Returns a file of `deploy/` in which each first text is replaced with the second, at every
/// place. Throws std::runtime_error when the file does not contain a first text: the test would use
/// something else than what is shipped.
std::string shipped_file(const std::filesystem::path& file,
                         const std::vector<std::pair<std::string, std::string>>& replacements);

}  // namespace shoal::system
