#pragma once

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>

namespace shoal::base {

/// Gives the signal handlers of the current thread a stack of their own while it lives. Without
/// one, a thread that has run out of stack cannot report its crash. If no memory is left, the
/// thread has no such stack. REQUIRES: the thread that made it destroys it.
class SignalStack {
 public:
  SignalStack() {
    // With a guard page: a handler that overflows this stack must not overwrite other memory.
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    void* const memory =
        ::mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return;
    memory_ = memory;
    stack_t stack{};
    stack.ss_sp = static_cast<std::byte*>(memory) + page;
    stack.ss_size = size_ - page;
    set_ = ::mprotect(stack.ss_sp, stack.ss_size, PROT_READ | PROT_WRITE) == 0 &&
           ::sigaltstack(&stack, &before_) == 0;
  }
  ~SignalStack() {
    // Restores the former stack, and does not just disable this one: AddressSanitizer frees what it
    // finds set at the end of a thread.
    if (set_) ::sigaltstack(&before_, nullptr);
    if (memory_ != nullptr) ::munmap(memory_, size_);
  }
  SignalStack(const SignalStack&) = delete;
  SignalStack& operator=(const SignalStack&) = delete;

 private:
  // Registers of a signal's frame take up to 12 KB, and a handler may be interrupted by another.
  // Memory is taken only where it is touched.
  static constexpr std::size_t size_ = std::size_t{256} << 10;

  void* memory_ = nullptr;
  stack_t before_{};
  bool set_ = false;
};

}  // namespace shoal::base
