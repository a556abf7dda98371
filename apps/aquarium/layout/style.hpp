#pragma once

#include <string_view>

namespace aquarium::layout {

/// Returns the style sheet of all screens. Not visible outside the module aquarium.layout.page.
std::string_view style();

}  // namespace aquarium::layout
