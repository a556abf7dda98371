#pragma once

#include <chrono>
#include <cstdint>

namespace shoal::fastcgi {

/// What one peer may take of us. Every time is kept to within a second, or to within a quarter of
/// it if that is less.
struct Limits {
  std::uint64_t body = 8 << 20;                     ///< bytes; see Exchange::body_too_large
  std::chrono::milliseconds read_timeout{60'000};   ///< a request's whole head; each wait for body
  std::chrono::milliseconds write_timeout{60'000};  ///< the peer takes nothing for so long
  std::chrono::milliseconds idle_timeout{75'000};   ///< a connection on which no request begins
  std::uint64_t keep_alive_drain = 1 << 20;         ///< unread body bytes read away to keep one
};

}  // namespace shoal::fastcgi
