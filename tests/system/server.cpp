#include "server.hpp"

#include <signal.h>

#include <stdexcept>

#include "built.hpp"
#include "eventually.hpp"
#include "nginx.hpp"

namespace shoal::system {

namespace fs = std::filesystem;

Server::Server(fs::path folder, const Setup& setup) : folder_(std::move(folder)) {
  fs::create_directories(folder_);
  // Another program may take the port before the server binds it: then another port is tried.
  for (int attempt = 0; attempt < 10; ++attempt) {
    port_ = free_port();
    process_.emplace(setup(folder_, port_), folder_ / "output.log");
    eventually([&] { return !process_->runs() || is_listening(port_); });
    if (process_->runs()) return;
  }
  throw std::runtime_error("the web server did not start:\n" + log());
}

// Process would kill only the master process, and its children would go on.
Server::~Server() { stop(); }

void Server::stop() {
  process_->send(SIGTERM);
  process_->wait();
}

std::string Server::log() const {
  return contents(folder_ / "output.log") + contents(folder_ / "error.log");
}

std::string shipped_file(const fs::path& file,
                         const std::vector<std::pair<std::string, std::string>>& replacements) {
  const fs::path path = fs::path(built::kRepository) / "deploy" / file;
  std::string text = contents(path);
  for (const auto& [from, to] : replacements) {
    auto at = text.find(from);
    if (at == std::string::npos) {
      throw std::runtime_error(path.native() + ": does not contain " + from);
    }
    for (; at != std::string::npos; at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
    }
  }
  return text;
}

}  // namespace shoal::system
