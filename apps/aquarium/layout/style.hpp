#pragma once

#include <string_view>

namespace aquarium::layout {

/// The style sheet of every screen. Part of the module aquarium.layout.page, not seen outside it.
std::string_view style();

}  // namespace aquarium::layout
