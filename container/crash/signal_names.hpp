#pragma once

#include <array>
#include <csignal>
#include <string_view>

namespace shoal::crash {

/// The signals by which code ends a process that it has broken.
inline constexpr std::array kCrashes{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

/// `SIGSEGV`; "" for one that is not among kCrashes. Safe in a signal handler.
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

/// What a person makes of `si_code`; "" for the rare ones. Safe in a signal handler.
constexpr std::string_view name_of_cause(int signal, int code) noexcept {
  if (code == SI_USER || code == SI_TKILL || code == SI_QUEUE) return "sent by a process";
  if (code == SI_KERNEL) return "an address that cannot be";
  if (signal == SIGSEGV && code == SEGV_MAPERR) return "nothing is mapped there";
  if (signal == SIGSEGV && code == SEGV_ACCERR) return "what is mapped there forbids it";
  if (signal == SIGBUS && code == BUS_ADRALN) return "badly aligned";
  if (signal == SIGBUS && code == BUS_ADRERR)
    return "the mapped file ends before, or cannot be read";
  if (signal == SIGFPE && code == FPE_INTDIV) return "integer divided by zero";
  if (signal == SIGFPE && code == FPE_INTOVF) return "integer overflow";
  if (signal == SIGILL && code == ILL_ILLOPN) return "no instruction of this machine, or a trap";
  return "";
}

}  // namespace shoal::crash
