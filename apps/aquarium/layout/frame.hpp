#pragma once

#include <shoal/export.hpp>
#include <string>
#include <string_view>

namespace aquarium::layout {

/// What stands between the title of a page and its content: icon, style sheet, and navigation, in
/// which the link to `current` is marked. Screens get it from Page; pages of other groups include
/// the module aquarium.widget.frame. Safe to call from any thread.
SHOAL_EXPORT std::string frame(std::string_view current);

}  // namespace aquarium::layout
