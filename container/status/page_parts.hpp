#pragma once

#include <string_view>

#include "status/health.hpp"
#include "status/markup.hpp"
#include "status/overview.hpp"

/// The parts of the page, which page.cpp puts together.
namespace shoal::status {

extern const std::string_view kPageStyle;
extern const std::string_view kPageScript;

/// The SHA-256 of both, as in the policy. After a change of one, tests/unit/status fails and prints
/// the new hash.
extern const std::string_view kPageStyleHash;
extern const std::string_view kPageScriptHash;

Markup health_part(const Overview& overview);
Markup numbers_part(const Overview& overview);
Markup groups_part(const Overview& overview);
Markup deployments_part(const Overview& overview);
Markup modules_part(const Overview& overview);
Markup processes_part(const Overview& overview);
Markup threads_part(const Overview& overview);
Markup crashes_part(const Overview& overview);

/// Returns `3 min ago`, with the full date as a tooltip.
Markup time_part(Time at, Time now);

/// Returns the class of the style: good, note, warning, broken.
std::string_view style_of(Level level);

}  // namespace shoal::status
