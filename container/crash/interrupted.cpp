#include "crash/interrupted.hpp"

#include <ucontext.h>

namespace shoal::crash {
namespace {

#if defined(__x86_64__)
constexpr std::uintptr_t kReturnAddress = sizeof(std::uintptr_t);  // pushed by `call`

auto& instruction_of(void* context) {
  return static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP];
}
auto& stack_of(void* context) {
  return static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RSP];
}

// AddressSanitizer may have poisoned this part of the stack.
__attribute__((no_sanitize("address", "thread"))) std::uintptr_t caller_of(void* context) {
  return *reinterpret_cast<const volatile std::uintptr_t*>(stack_of(context));
}
#elif defined(__aarch64__)
constexpr std::uintptr_t kReturnAddress = 0;  // in the link register

auto& instruction_of(void* context) { return static_cast<ucontext_t*>(context)->uc_mcontext.pc; }
auto& stack_of(void* context) { return static_cast<ucontext_t*>(context)->uc_mcontext.sp; }
std::uintptr_t caller_of(void* context) {
  return static_cast<ucontext_t*>(context)->uc_mcontext.regs[30];
}
#else
#error "Shoal runs on x86_64 and aarch64"
#endif

}  // namespace

std::uintptr_t Interrupted::instruction() const {
  return static_cast<std::uintptr_t>(instruction_of(context_));
}

std::uintptr_t Interrupted::caller() const { return caller_of(context_); }

Interrupted::BeforeCall::BeforeCall(const Interrupted& thread, std::uintptr_t caller)
    : context_(thread.context_), instruction_(thread.instruction()) {
  // The address of the call: the one after it may belong to another function.
  instruction_of(context_) = caller - 1;
  stack_of(context_) += kReturnAddress;
}

Interrupted::BeforeCall::~BeforeCall() {
  instruction_of(context_) = instruction_;
  stack_of(context_) -= kReturnAddress;
}

}  // namespace shoal::crash
