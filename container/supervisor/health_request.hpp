#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace shoal::supervisor {

/// The longest head of a request that is read. A longer one is refused.
inline constexpr std::size_t kLongestHead = 8 << 10;

/// What a health check asks for.
struct HealthRequest {
  int refusal = 0;         ///< the status to answer with instead; 0: the request can be answered
  bool head_only = false;  ///< HEAD: the answer has no body
  std::string path{};      ///< `/ready`, without a query
};

/// Reads a GET or HEAD request of HTTP/1.0 or 1.1. Header lines are skipped, and so is what follows
/// the head. Returns nullopt while the head is incomplete and not too long. Any other request gets
/// a refusal: 400, 405, 431 or 505. Lines may end with LF alone. A pure function.
std::optional<HealthRequest> read_health_request(std::string_view arrived);

/// Returns a whole HTTP/1.1 answer that closes the connection, with `line` as its text.
std::string health_answer(int status, std::string_view line, bool head_only);

}  // namespace shoal::supervisor
