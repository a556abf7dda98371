#pragma once

#include <shoal/export.hpp>
#include <string>
#include <string_view>

namespace aquarium::layout {

/// Returns the HTML between the title of a page and its content: icon, style sheet, and navigation,
/// in which the link to the path `current` is marked. Page calls it for all screens; pages of other
/// groups include the module aquarium.widget.frame. Safe to call from any thread.
SHOAL_EXPORT std::string frame(std::string_view current);

}  // namespace aquarium::layout
