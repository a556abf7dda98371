#pragma once

#include <sys/eventfd.h>

#include <mutex>
#include <string>

#include "base/descriptor.hpp"
#include "daemon/link.hpp"

namespace shoal::daemon {

/// How other threads of a worker have its main thread tell the supervisor that the process is worn
/// out, or that something else has changed.
class Wish {
 public:
  /// Throws std::system_error.
  Wish();

  /// Safe to call from any thread.
  void be_replaced(const std::string& why);

  /// Wakes the main thread, to look at what has changed. Safe to call from any thread.
  void wake() { ::eventfd_write(asked_.get(), 1); }

  /// Readable when the main thread is to wake up.
  int descriptor() const { return asked_.get(); }

  /// Tells the wish to be replaced, if there is one.
  void tell(Link& supervisor);

 private:
  const base::Descriptor asked_;
  std::mutex mutex_;
  std::string why_;  // guarded by mutex_; empty: there is no wish
};

}  // namespace shoal::daemon
