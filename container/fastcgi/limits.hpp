#pragma once

#include <chrono>
#include <cstdint>

namespace shoal::fastcgi {

/// What one peer may take of the server.
struct Limits {
  using milliseconds = std::chrono::milliseconds;

  std::uint64_t body = 8 << 20;              ///< bytes of one body
  std::uint64_t bodies = 1 << 30;            ///< bytes of all bodies and large heads that are held
  milliseconds read_timeout{60'000};         ///< a whole head; each wait for a streamed body
  milliseconds body_timeout{300'000};        ///< a whole body that is collected
  milliseconds write_timeout{60'000};        ///< the peer takes nothing for so long
  milliseconds idle_timeout{75'000};         ///< a connection on which no request begins
  std::uint64_t keep_alive_drain = 1 << 20;  ///< unread body bytes read away to keep a connection
};

}  // namespace shoal::fastcgi
