#pragma once

#include <array>
#include <csignal>
#include <string_view>

namespace shoal::crash {

/// The signals of a crash.
inline constexpr std::array kCrashes{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

/// Returns `SIGSEGV` and so on; "" for a signal that is not in kCrashes. Safe in a signal handler.
constexpr std::string_view name_of_signal(int signal) noexcept {
  switch (signal) {
    case SIGSEGV:
      return "SIGSEGV";
    case SIGBUS:
      return "SIGBUS";
    case SIGFPE:
      return "SIGFPE";
    case SIGILL:
      return "SIGILL";
    case SIGABRT:
      return "SIGABRT";
    default:
      return "";
  }
}

/// Returns what `si_code` means, for people; "" for rare codes. Safe in a signal handler.
constexpr std::string_view name_of_cause(int signal, int code) noexcept {
  if (code == SI_USER || code == SI_TKILL || code == SI_QUEUE) return "sent by a process";
  if (code == SI_KERNEL) return "not a valid address";
  if (signal == SIGSEGV && code == SEGV_MAPERR) return "address not mapped";
  if (signal == SIGSEGV && code == SEGV_ACCERR) return "access not permitted";
  if (signal == SIGBUS && code == BUS_ADRALN) return "misaligned address";
  if (signal == SIGBUS && code == BUS_ADRERR)
    return "the mapped file has become shorter, or cannot be read";
  if (signal == SIGFPE && code == FPE_INTDIV) return "integer divided by zero";
  if (signal == SIGFPE && code == FPE_INTOVF) return "integer overflow";
  if (signal == SIGILL && code == ILL_ILLOPN) return "illegal instruction, or a trap";
  return "";
}

}  // namespace shoal::crash
