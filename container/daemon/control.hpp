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
#include "daemon/link.hpp"
#include "fastcgi/inode.hpp"

namespace shoal::daemon {

/// `run/control.sock`, the supervisor's end: one question from each connection, one answer, both a
/// JSON object on a line. Only the user that the container runs as, and root, may connect.
///
///     {"ask": "status"}                       {"overview": {...}}, see status/json.hpp
///     {"ask": "ready"}                        {"ready": true, "line": "ready"}
///     {"ask": "reload", "group": "aquarium"}  {"asked": "aquarium"}
///     what is no such question                {"error": "..."}
///
/// Used by one thread.
class Control {
 public:
  /// Takes the place of what a dead supervisor left. Throws std::runtime_error, with the remedy.
  /// REQUIRES: the run folder is held: see PidFile.
  explicit Control(const std::filesystem::path& run);

  /// Removes the file, unless this is a process that was forked meanwhile.
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  /// Returns true if the socket's file is still there.
  bool is_in_place() const;

  /// Listens on a new socket in the place of one that was removed. Throws like the constructor.
  void put_back();

  /// What to wait for, to be readable.
  std::vector<int> descriptors() const;

  /// A question, and who asks.
  struct Question {
    unsigned asker;
    nlohmann::json words;
  };

  /// Lets in who waits, and returns what was asked. Does not wait.
  std::vector<Question> take();

  /// Answers, and parts. Who has gone meanwhile is passed over.
  void answer(unsigned asker, const nlohmann::json& words);

 private:
  struct Asker {
    Link link;
    std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
    bool has_asked = false;
  };

  void let_in();

  std::filesystem::path path_;
  const int owner_;
  base::Descriptor socket_;
  std::optional<fastcgi::Inode> file_;  // of the socket, as it was made
  std::map<unsigned, Asker> askers_;
  unsigned next_ = 0;
};

/// The other end: puts a question to the container that uses the run folder. Throws
/// std::runtime_error, with the remedy, when none does, it does not answer in time, or it answers
/// with an error.
nlohmann::json ask_container(const std::filesystem::path& run, const nlohmann::json& question);

}  // namespace shoal::daemon
