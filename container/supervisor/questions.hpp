#pragma once

#include <chrono>
#include <list>
#include <nlohmann/json.hpp>

#include "control/control_socket.hpp"
#include "supervisor/deployers.hpp"

namespace shoal::supervisor {

/// The questions of commands that a deployer answers. A question stays until it is answered, its
/// command is gone, or 10 min have passed; a deployer that dies or gives up the history is
/// followed by one that is asked again. Used by one thread.
class Questions {
 public:
  /// REQUIRES: `control` outlives it.
  explicit Questions(control::ControlSocket& control) : control_(control) {}

  void ask(control::ControlSocket::Question question);

  /// Asks this deployer what it was not asked yet.
  void send_to(DeployerProcess& deployer);

  /// The deployer's words before the answer, and the answer.
  void progressed(unsigned number, const nlohmann::json& words) const;
  void answered(unsigned number, const nlohmann::json& words);

  /// Tells all commands that wait what holds up their answers, if that is new to them; empty:
  /// nothing does.
  void tell_hindrance(const std::string& text);

  bool empty() const { return open_.empty(); }

  /// Answers all questions with this error.
  void give_up(const std::string& error);

  /// Gives up the questions that have waited for too long, and forgets those without a command.
  void expire();

  /// Returns the latest time at which `expire` has something to do.
  std::chrono::steady_clock::time_point deadline() const;

 private:
  struct Open {
    unsigned number;
    control::ControlSocket::Question question;
    std::chrono::steady_clock::time_point until;
    unsigned asked = 0;       // turn of a deployer
    std::string hindrance{};  // as the command was told
  };

  control::ControlSocket& control_;
  std::list<Open> open_;  // the oldest first
  unsigned next_ = 0;
};

}  // namespace shoal::supervisor
