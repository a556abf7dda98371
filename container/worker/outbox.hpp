#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "base/wakeup.hpp"
#include "control/channel.hpp"

namespace shoal::worker {

/// The messages of all threads of a worker to the supervisor, and through it to the deployer. The
/// main thread, which alone talks to the supervisor, sends them, in order.
class Outbox {
 public:
  /// Sends a message soon. Safe to call from any thread.
  void post(nlohmann::json message);

  /// Asks that the process be replaced, with the reason for the log. Safe to call from any thread.
  void ask_replacement(const std::string& why);

  /// Becomes readable when there is a message.
  int descriptor() const { return arrived_.descriptor(); }

  /// Sends what there is. Called by the main thread.
  void send_to(control::Channel& supervisor);

 private:
  const base::Wakeup arrived_;
  base::Mutex mutex_;
  std::vector<nlohmann::json> messages_ SHOAL_GUARDED_BY(mutex_);
};

}  // namespace shoal::worker
