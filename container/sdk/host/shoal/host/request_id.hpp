#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <string_view>

#include "shoal/host/exchange.hpp"

namespace shoal::host {

/// Returns true if `text` may be used as the id of a request: 1 to 128 letters, digits, and
/// `._:+/=@-`. These are safe in logs, headers, URLs and SQL.
inline bool is_request_id(std::string_view text) {
  constexpr std::size_t kLongest = 128;
  return !text.empty() && text.size() <= kLongest && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._:+/=@-").find(c) != std::string_view::npos;
  });
}

/// An id that the container makes.
using RequestId = std::array<char, 32>;

/// Returns 16 random bytes in hexadecimal, the form of $request_id in nginx. Do not use it as a
/// secret: the next ids can be computed from some of them. Safe to call from any thread.
inline RequestId make_request_id() {
  // Each thread has a seed of its own from the kernel, so threads and processes do not repeat ids.
  thread_local std::mt19937_64 generator = [] {
    std::random_device kernel;
    std::seed_seq seed{kernel(), kernel(), kernel(), kernel(), kernel(), kernel()};
    return std::mt19937_64(seed);
  }();
  constexpr char kHex[] = "0123456789abcdef";
  RequestId id;
  for (std::size_t half = 0; half < 2; ++half) {
    std::uint64_t bits = generator();
    for (std::size_t digit = 0; digit < 16; ++digit, bits >>= 4) {
      id[16 * half + digit] = kHex[bits & 0xf];
    }
  }
  return id;
}

/// Returns the id of a request: REQUEST_ID of the web server, else X-Request-Id of the visitor,
/// else a random one, which is put into `made`. Skips an id that is not valid (is_request_id). What
/// is returned lives as long as the parameters of the exchange, and `made`.
inline std::string_view request_id_of(const Exchange& exchange, RequestId& made) {
  for (const char* name : {"REQUEST_ID", "HTTP_X_REQUEST_ID"}) {
    const auto given = exchange.param(name);
    if (given && is_request_id(*given)) return *given;
  }
  made = make_request_id();
  return {made.data(), made.size()};
}

}  // namespace shoal::host
