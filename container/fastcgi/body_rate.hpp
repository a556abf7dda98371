#pragma once

#include <chrono>
#include <cstdint>

namespace shoal::fastcgi {

/// A body that is collected has to come at 500 bytes a second, looked at over 10 s.
inline constexpr std::chrono::seconds kRateWindow{10};
inline constexpr std::uint64_t kLeastInWindow = 500 * 10;  // bytes

}  // namespace shoal::fastcgi
