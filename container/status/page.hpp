#pragma once

#include <string>

#include "status/overview.hpp"

namespace shoal::status {

/// Returns the status page: the findings first, then groups, deployments, requests, processes,
/// crashes, modules.
///
/// It is complete HTML that loads nothing else. Its script fetches the page again every two seconds
/// while it is visible and updates only what has changed, so that scrolling, selections and
/// unfolded parts stay. If the container does not answer, the page says so, and since when. Without
/// JavaScript the page does not change.
///
/// Send it as text/html; charset=utf-8, with Cache-Control: no-store and page_policy().
std::string page(const Overview& overview);

/// Returns the value of the header Content-Security-Policy for the page. It allows only the page's
/// own style, script and icon, and fetches from its own origin, so that no browser runs a script
/// from outside even if one got into the markup.
std::string page_policy();

}  // namespace shoal::status
