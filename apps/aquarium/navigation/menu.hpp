#pragma once

#include <shoal/export.hpp>
#include <string>
#include <string_view>

namespace aquarium::navigation {

/// Links to every page, as a <nav> element. The one whose path is `current` is marked, for the
/// eye and for screen readers. Safe to call from any thread.
SHOAL_EXPORT std::string menu(std::string_view current);

}  // namespace aquarium::navigation
