#pragma once

#include <string>

#include "status/overview.hpp"

namespace shoal::status {

/// The page for people: what is wrong first, then groups, processes, what each thread does,
/// crashes.
///
/// Complete HTML that needs nothing from elsewhere. Without JavaScript it is a still picture; with
/// it, it fetches its own address every two seconds while it is looked at, and changes what has
/// changed, so that scrolling, selections and what is unfolded stay. When no page comes back it
/// says so, and since when.
///
/// To be sent as text/html; charset=utf-8, with Cache-Control: no-store and page_policy().
std::string page(const Overview& overview);

/// Value of the header Content-Security-Policy for the page: its own style, script and icon, and
/// fetches from where it came from. Should text from outside ever get into the markup, no browser
/// would run it.
std::string page_policy();

}  // namespace shoal::status
