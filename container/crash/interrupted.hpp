#pragma once

#include <cstdint>

namespace shoal::crash {

/// The registers of a thread that a signal has interrupted. Safe in a signal handler. The only code
/// of this component that depends on the machine.
class Interrupted {
 public:
  /// `context` is the third argument of the signal handler.
  explicit Interrupted(void* context) : context_(context) {}

  /// Returns the address of the interrupted instruction.
  std::uintptr_t instruction() const;

  /// Returns the return address of a function that was called and has not begun. After a call of a
  /// null pointer this is the caller. Faults if the stack pointer is invalid.
  std::uintptr_t caller() const;

  /// While this object lives, the handler's context looks as if the interrupted thread had not made
  /// that last call, so that an unwinder gets past an address without code. Do not make it in a
  /// guarded step, which can end early: a thread that continues needs its registers restored.
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
