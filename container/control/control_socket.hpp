#pragma once

#include <sys/types.h>

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
#include "control/ask_container.hpp"  // the other end
#include "control/channel.hpp"

namespace shoal::control {

/// The supervisor's end of `run/control.sock`: one question on each connection, one answer, each a
/// JSON object on a line. Lines with "progress" may come before the answer. Only the user that the
/// container runs as, root, and, with share_with, a group may connect.
///
///     {"ask": "status"}                       {"overview": {...}}, see status/json.hpp
///     {"ask": "ready"}                        {"ready": true, "line": "ready"}
///     {"ask": "reload"}                       {"verdict": "live"}, or
///                                             {"verdict": "refused", "reason": "..."}
///     {"ask": "reload", "group": "aquarium"}  the deployer's answer, as to the next three
///     {"ask": "drop" | "history" | "rollback", ...}
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

  /// Lets the members of the group connect, too: the socket gets the mode 0660 and the run folder
  /// 0710, both with this group. Without a group takes that back. Throws std::runtime_error.
  void share_with(std::optional<gid_t> group);

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
    uid_t user;  ///< of the process that asks
  };

  /// Accepts connections and returns the questions that have arrived. Does not wait.
  std::vector<Question> take();

  /// Returns true until the command has disconnected, or has its answer.
  bool is_connected(unsigned connection) const { return connections_.contains(connection); }

  /// Sends a line before the answer. Does nothing when the command has disconnected.
  void tell(unsigned connection, const nlohmann::json& words);

  /// Sends the answer and closes the connection. Does nothing when the command has disconnected.
  void answer(unsigned connection, const nlohmann::json& words);

 private:
  struct Connection {
    Channel channel;
    std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
    bool has_asked = false;
  };

  void accept();
  void close_idle();
  void set_rights(bool was_shared);

  std::filesystem::path path_;
  const int owner_;
  base::Descriptor socket_;
  std::optional<base::Inode> file_;  // of the socket, when it was made
  std::optional<gid_t> group_;       // that may connect, too
  std::map<unsigned, Connection> connections_;
  unsigned next_ = 0;
};

}  // namespace shoal::control
