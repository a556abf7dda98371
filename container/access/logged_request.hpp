#pragma once

#include <chrono>
#include <string_view>

#include "shoal/host/exchange.hpp"
#include "shoal/response.hpp"

namespace shoal::access {

/// Processor time.
struct Cpu {
  std::chrono::microseconds user{0};
  std::chrono::microseconds system{0};
};

/// What the calling thread has used so far. One system call.
Cpu cpu_of_this_thread();

/// What a line of the access log can say of one request, whose answer is over. Views of what the
/// caller holds.
struct LoggedRequest {
  const host::Exchange& exchange;  ///< for what the web server said
  const Response& response;        ///< for what was answered
  std::string_view path{};         ///< of the URL, decoded
  std::string_view id{};
  std::string_view module{};      ///< its dotted name; empty: no module fits the path
  std::string_view group{};       ///< `aquarium`; empty: not loaded
  std::string_view generation{};  ///< `aquarium/12`, as in X-Shoal-Generation
  std::string_view file{};        ///< of the module
  unsigned long number = 0;       ///< of the generation
  bool whole = true;              ///< false: the answer was cut off, or the web server had left
  std::chrono::system_clock::time_point received{};
  std::chrono::microseconds took{0};
  Cpu cpu{};  ///< of the thread, for this request; only if Format::asks_for_cpu
};

}  // namespace shoal::access
