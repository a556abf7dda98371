#pragma once

#include <mutex>
#include <string>

#include "daemon/link.hpp"
#include "shoal/host/descriptor.hpp"

namespace shoal::daemon {

/// How other threads of a worker have its main thread tell the supervisor that the process is worn
/// out.
class Wish {
 public:
  /// Throws std::system_error.
  Wish();

  /// Safe to call from any thread.
  void be_replaced(const std::string& why);

  /// Readable when there is something to tell.
  int descriptor() const { return asked_.get(); }

  /// Tells it, if there is something.
  void tell(Link& supervisor);

 private:
  const host::Descriptor asked_;
  std::mutex mutex_;
  std::string why_;  // guarded by mutex_
};

}  // namespace shoal::daemon
