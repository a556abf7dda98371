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

/// A real web server with a folder and a port of its own; the machine's own is never touched. It
/// runs until destroyed, and ends its children with it.
class Server {
 public:
  /// Writes the server's configuration below `folder`, for this port of 127.0.0.1, and returns the
  /// command that runs it in the foreground.
  using Setup =
      std::function<std::vector<std::string>(const std::filesystem::path& folder, std::uint16_t)>;

  /// Returns as soon as it listens. Throws std::runtime_error when it does not start.
  Server(std::filesystem::path folder, const Setup& setup);
  ~Server();

  std::uint16_t port() const { return port_; }
  void stop();

  /// What it has said so far, its error log included if that is `error.log` in its folder.
  std::string log() const;

 private:
  const std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  std::optional<Process> process_;
};

/// A file of `deploy/` with each first text replaced by the second, wherever it stands. Throws
/// std::runtime_error when one does not stand there: then not what is shipped would be tested.
std::string shipped(const std::filesystem::path& file,
                    const std::vector<std::pair<std::string, std::string>>& replacements);

/// Makes `file` of this text.
void write(const std::filesystem::path& file, const std::string& text);

}  // namespace shoal::system
