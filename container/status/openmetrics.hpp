#pragma once

#include <string>

#include "status/overview.hpp"

namespace shoal::status {

/// The Content-Type that the text is to be sent with.
inline constexpr char kOpenMetricsType[] =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `overview` for Prometheus, as OpenMetrics 1.0 has it; each family's HELP says what it is.
/// Counters never fall while the supervisor lives, as long as merge() is told who departed.
std::string openmetrics(const Overview& overview);

}  // namespace shoal::status
