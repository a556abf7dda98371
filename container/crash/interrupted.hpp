#pragma once

#include <cstdint>

namespace shoal::crash {

/// The registers of a thread that a signal has interrupted, as its handler got them. Safe in a
/// signal handler. The only code here that knows the machine.
class Interrupted {
 public:
  /// `context` is the third argument of the handler.
  explicit Interrupted(void* context) : context_(context) {}

  std::uintptr_t instruction() const;

  /// Where a function returns to that has been called and not begun: after a call of a null
  /// pointer, the place of that call. Faults when the thread has no stack.
  std::uintptr_t caller() const;

  /// For as long as it lives, the handler's context reads as if the interrupted thread had not made
  /// that last call; so an unwinder gets past an address where there is no code. Not to be made in
  /// a guarded step: a thread that goes on needs its registers as they were.
  class BeforeCall {
   public:
    BeforeCall(const Interrupted& thread, std::uintptr_t caller);
    ~BeforeCall();
    BeforeCall(const BeforeCall&) = delete;
    BeforeCall& operator=(const BeforeCall&) = delete;

   private:
    void* const context_;
    const std::uintptr_t instruction_;
  };

 private:
  void* context_;
};

}  // namespace shoal::crash
