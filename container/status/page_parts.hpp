#pragma once

#include <string_view>

#include "status/health.hpp"
#include "status/markup.hpp"
#include "status/overview.hpp"

/// What page.cpp puts together.
namespace shoal::status {

extern const std::string_view kPageStyle;
extern const std::string_view kPageScript;

/// SHA-256 of the two, as a policy names them: tests/unit/status says when one must be renewed.
extern const std::string_view kPageStyleHash;
extern const std::string_view kPageScriptHash;

Markup health_part(const Overview& overview);
Markup numbers_part(const Overview& overview);
Markup groups_part(const Overview& overview);
Markup modules_part(const Overview& overview);
Markup processes_part(const Overview& overview);
Markup threads_part(const Overview& overview);
Markup crashes_part(const Overview& overview);

/// `3 min ago`, with the date in full for who points at it.
Markup time_part(Time at, Time now);

/// Name of the style: good, note, warning, broken.
std::string_view style_of(Level level);

}  // namespace shoal::status
