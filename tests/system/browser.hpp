#pragma once

#include <chrono>
#include <string>

namespace shoal::system {

/// Opens `url` in a Chromium without a window, that nobody has used before, lets `watched` pass on
/// the page's own clock (which stands still while it waits for answers, so that no machine is too
/// slow), and returns the document as it is then. Throws std::runtime_error, with what Chromium
/// said, when there is none.
std::string look_at(const std::string& url,
                    std::chrono::milliseconds watched = std::chrono::seconds(1));

}  // namespace shoal::system
