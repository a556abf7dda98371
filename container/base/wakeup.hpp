#pragma once

#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>

#include "base/descriptor.hpp"

namespace shoal::base {

/// Wakes a thread that waits with poll or epoll: an eventfd. Safe to use from any thread.
class Wakeup {
 public:
  /// Throws std::system_error.
  Wakeup() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!event_) throw std::system_error(errno, std::generic_category(), "eventfd");
  }

  /// Readable from `wake` to `clear`.
  int descriptor() const { return event_.get(); }

  void wake() const { ::eventfd_write(event_.get(), 1); }

  /// Returns true if `wake` was called since the last time.
  bool clear() const {
    eventfd_t times = 0;
    return ::eventfd_read(event_.get(), &times) == 0;
  }

 private:
  Descriptor event_;
};

}  // namespace shoal::base
