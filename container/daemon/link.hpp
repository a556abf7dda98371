#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"

namespace shoal::daemon {

/// The text under this key of a message; empty when there is none, or something else.
std::string text_of(const nlohmann::json& message, const char* key);

/// The number under this key; 0 when there is none, or something else.
unsigned number_of(const nlohmann::json& message, const char* key);

/// The texts in the list under this key; empty when there is no list of texts.
std::vector<std::string> texts_of(const nlohmann::json& message, const char* key);

/// One end of a stream socket that carries messages: JSON objects, a line each. Between supervisor
/// and worker, and between the control socket and who asks it. Used by one thread.
class Link {
 public:
  explicit Link(base::Descriptor socket) : socket_(std::move(socket)) {}

  /// Two ends that are connected to each other. Throws std::system_error.
  static std::pair<Link, Link> pair();

  int descriptor() const { return socket_.get(); }

  /// Puts the message on its way and waits until all of it is; at most `patience` each time that
  /// the other side takes nothing. False when the other side has gone or is stuck; then the link is
  /// of no more use.
  bool send(const nlohmann::json& message,
            std::chrono::milliseconds patience = std::chrono::seconds(1));

  /// What has arrived, without waiting: whole messages, in order. What is no JSON object is passed
  /// over. REQUIRES: !closed().
  std::vector<nlohmann::json> receive();

  /// As above, but waits for the first message, at most `patience`; none when it does not come.
  std::vector<nlohmann::json> wait(std::chrono::milliseconds patience);

  /// The other side says nothing more, or has sent more than any message has. It may still listen.
  bool closed() const { return ended_ || broken_; }

 private:
  bool flush(std::string_view bytes, std::chrono::milliseconds patience);

  base::Descriptor socket_;
  std::string arrived_;  // the beginning of a message
  bool ended_ = false;   // the other side will say nothing more
  bool broken_ = false;  // what is said does not arrive, or what arrives makes no sense
};

}  // namespace shoal::daemon
