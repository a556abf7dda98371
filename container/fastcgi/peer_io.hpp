#pragma once

#include <atomic>
#include <thread>

namespace shoal::fastcgi {

/// Whether a thread is in a read or write of its web server's socket. Such a call must not be
/// interrupted: with a timeout set it is not restarted, and libfcgi takes that for the end of the
/// connection. So who wants to interrupt the thread asks here first.
class PeerIo {
 public:
  static PeerIo& of_this_thread() {
    thread_local PeerIo io;
    return io;
  }

  /// For the thread itself: it does so while this lives.
  class Busy {
   public:
    Busy() {
      int free = kFree;
      while (!io_.state_.compare_exchange_weak(free, kBusy)) {
        free = kFree;
        std::this_thread::yield();  // somebody looks at this thread; that takes microseconds
      }
    }
    ~Busy() { io_.state_ = kFree; }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

   private:
    PeerIo& io_ = of_this_thread();
  };

  /// For another thread: does work that interrupts this one, unless it is busy; whether it did.
  /// REQUIRES: the thread lives, and only one other does this at a time.
  template <typename Work>
  bool unless_busy(const Work& work) {
    int free = kFree;
    if (!state_.compare_exchange_strong(free, kHeld)) return false;
    work();
    state_ = kFree;
    return true;
  }

 private:
  static constexpr int kFree = 0;
  static constexpr int kBusy = 1;
  static constexpr int kHeld = 2;
  std::atomic<int> state_{kFree};
};

}  // namespace shoal::fastcgi
