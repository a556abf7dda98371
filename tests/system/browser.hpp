#pragma once

#include <chrono>
#include <string>

namespace shoal::system {

/// Opens `url` in a Chromium without a window, with an empty profile. Waits for `duration` of the
/// page's own clock, which stands still while the page waits for a response, so the speed of the
/// machine does not matter. Returns the document as it is then. Throws std::runtime_error, with the
/// output of Chromium, when Chromium does not return a document.
std::string open_in_browser(const std::string& url,
                            std::chrono::milliseconds duration = std::chrono::seconds(1));

}  // namespace shoal::system
