#pragma once

#include <string>

#include "status/overview.hpp"

namespace shoal::status {

/// The Content-Type of the text.
inline constexpr char kOpenMetricsType[] =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Returns the overview for Prometheus as OpenMetrics 1.0. Each family has a HELP text. Counters
/// never fall while the supervisor lives, provided that merge() gets what was counted.
std::string openmetrics(const Overview& overview);

}  // namespace shoal::status
