#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"
#include "base/inode.hpp"
#include "control/channel.hpp"

namespace shoal::control {

/// The supervisor's end of `run/control.sock`: one question on each connection, one answer, each a
/// JSON object on a line. Only the user that the container runs as, and root, may connect.
///
///     {"ask": "status"}                       {"overview": {...}}, see status/json.hpp
///     {"ask": "ready"}                        {"ready": true, "line": "ready"}
///     {"ask": "reload", "group": "aquarium"}  {"asked": "aquarium"}
///     any other question                      {"error": "..."}
///
/// Used by one thread.
class ControlSocket {
 public:
  /// Replaces the socket that a dead supervisor left. Throws std::runtime_error, with the remedy.
  /// REQUIRES: this container holds the run folder: see PidFile.
  explicit ControlSocket(const std::filesystem::path& run);

  /// Removes the file, unless this is a process that was forked meanwhile.
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  /// Returns true if the socket's file is still there.
  bool is_in_place() const;

  /// Listens on a new socket after the file was removed. Throws like the constructor.
  void put_back();

  /// Returns the descriptors to wait for, to be readable.
  std::vector<int> descriptors() const;

  /// A question, and the connection that gets its answer.
  struct Question {
    unsigned connection;
    nlohmann::json words;
  };

  /// Accepts connections and returns the questions that have arrived. Does not wait.
  std::vector<Question> take();

  /// Sends the answer and closes the connection. Does nothing when the command has disconnected.
  void answer(unsigned connection, const nlohmann::json& words);

 private:
  struct Connection {
    Channel channel;
    std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
    bool has_asked = false;
  };

  void accept();

  std::filesystem::path path_;
  const int owner_;
  base::Descriptor socket_;
  std::optional<base::Inode> file_;  // of the socket, when it was made
  std::map<unsigned, Connection> connections_;
  unsigned next_ = 0;
};

/// The command's end: sends a question to the container that uses the run folder, and returns the
/// answer. Throws std::runtime_error, with the remedy, when no container runs there, it does not
/// answer in time, or it answers with an error.
nlohmann::json ask_container(const std::filesystem::path& run, const nlohmann::json& question);

}  // namespace shoal::control
