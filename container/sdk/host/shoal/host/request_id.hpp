#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "shoal/host/exchange.hpp"

namespace shoal::host {

/// Whether `text` may be the id of a request as it is: 1 to 128 letters, digits, and `._:+/=@-`.
/// Fit for logs, headers, URLs and SQL alike.
inline bool is_request_id(std::string_view text) {
  constexpr std::size_t kLongest = 128;
  return !text.empty() && text.size() <= kLongest && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._:+/=@-").find(c) != std::string_view::npos;
  });
}

/// 16 random bytes in hexadecimal, as nginx makes its $request_id. Not a secret: who sees some can
/// compute the next.
inline std::string make_request_id() {
  // Seeded by the kernel, once per thread: no two threads or processes have the same.
  thread_local std::mt19937_64 generator = [] {
    std::random_device kernel;
    std::seed_seq seed{kernel(), kernel(), kernel(), kernel(), kernel(), kernel()};
    return std::mt19937_64(seed);
  }();
  constexpr char kHex[] = "0123456789abcdef";
  std::string id;
  id.reserve(32);
  for (int half = 0; half < 2; ++half) {
    std::uint64_t bits = generator();
    for (int digit = 0; digit < 16; ++digit, bits >>= 4) id += kHex[bits & 0xf];
  }
  return id;
}

/// The id of a request: what the web server says in REQUEST_ID, else what the visitor says in
/// X-Request-Id, if either is_request_id; else one of our own.
inline std::string request_id_of(const Exchange& exchange) {
  for (const char* name : {"REQUEST_ID", "HTTP_X_REQUEST_ID"}) {
    const auto given = exchange.param(name);
    if (given && is_request_id(*given)) return std::string(*given);
  }
  return make_request_id();
}

}  // namespace shoal::host
