#pragma once

#include <sys/eventfd.h>

#include <string>

#include "base/descriptor.hpp"
#include "base/mutex.hpp"
#include "control/channel.hpp"

namespace shoal::worker {

/// Any thread of a worker can ask here that the process be replaced. The main thread, which alone
/// talks to the supervisor, passes it on.
class ReplaceRequest {
 public:
  /// Throws std::system_error.
  ReplaceRequest();

  /// Asks for a replacement, with the reason for the log. Safe to call from any thread.
  void ask(const std::string& why);

  /// Wakes the main thread, because something that it reports has changed. Safe to call from any
  /// thread.
  void wake() { ::eventfd_write(event_.get(), 1); }

  /// Becomes readable when the main thread should wake up.
  int descriptor() const { return event_.get(); }

  /// Sends the request to the supervisor, if there is one. Called by the main thread.
  void send_to(control::Channel& supervisor);

 private:
  const base::Descriptor event_;
  base::Mutex mutex_;
  std::string why_ SHOAL_GUARDED_BY(mutex_);  // empty: there is no request
};

}  // namespace shoal::worker
