#pragma once

#include <shoal/export.hpp>
#include <string>
#include <string_view>

namespace aquarium::navigation {

/// Returns a <nav> element with links to all pages. The link to the path `current` is marked, also
/// for screen readers. Safe to call from any thread.
SHOAL_EXPORT std::string menu(std::string_view current);

}  // namespace aquarium::navigation
