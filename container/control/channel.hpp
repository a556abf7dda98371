#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"

namespace shoal::control {

/// Returns the text under this key of a message; empty if the key is absent or not a text.
std::string text_of(const nlohmann::json& message, const char* key);

/// Returns the number under this key; 0 if the key is absent or not a number.
unsigned number_of(const nlohmann::json& message, const char* key);

/// Returns the texts in the list under this key; empty when there is no list of texts.
std::vector<std::string> texts_of(const nlohmann::json& message, const char* key);

/// One end of a connection that carries messages: JSON objects, one on each line. It connects the
/// supervisor with a worker, and the control socket with a command. Used by one thread.
class Channel {
 public:
  explicit Channel(base::Descriptor socket) : socket_(std::move(socket)) {}

  /// Returns two ends that are connected to each other. Throws std::system_error.
  static std::pair<Channel, Channel> pair();

  int descriptor() const { return socket_.get(); }

  /// Sends the message and waits until the kernel has taken all of it; at most `patience` each time
  /// that the send buffer is full. Returns false when the peer has closed the connection or reads
  /// nothing; the channel cannot be used any more then.
  bool send(const nlohmann::json& message,
            std::chrono::milliseconds patience = std::chrono::seconds(1));

  /// Sends what the kernel takes now, and keeps the rest for the next `post`, `send` or `push`. So
  /// a peer that is stopped holds up nothing. A peer that leaves more than 64 MiB unread is given
  /// up: the channel cannot be used any more then.
  void post(const nlohmann::json& message);

  /// Sends more of what `post` has kept. Does not wait.
  void push();

  /// Returns true if `post` has kept something: wait for the descriptor to be writable, and `push`.
  bool has_unsent() const { return !unsent_.empty() && !broken_; }

  /// Tells the peer that no message follows. Messages of the peer still arrive.
  void finish();

  /// Returns the complete messages that have arrived, in order, without waiting. Skips lines that
  /// are not JSON objects. REQUIRES: !closed().
  std::vector<nlohmann::json> receive();

  /// The same, but waits for the first message, at most `patience`. Returns an empty list if no
  /// message arrives.
  std::vector<nlohmann::json> wait(std::chrono::milliseconds patience);

  /// Returns true when the peer will send nothing more, or has sent a message that is too long. The
  /// peer may still read.
  bool closed() const { return ended_ || broken_; }

 private:
  bool flush(std::chrono::milliseconds patience);

  base::Descriptor socket_;
  std::string arrived_;  // the beginning of a message
  std::string unsent_;   // messages that the kernel has not taken yet
  bool ended_ = false;   // the peer will send nothing more
  bool broken_ = false;  // sending failed, or a message was too long
};

}  // namespace shoal::control
