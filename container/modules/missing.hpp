#pragma once

#include <string>

#include "modules/links.hpp"

namespace shoal::modules {

/// What to do about a library that nobody has: join groups, when a module of another one has its
/// name, or install it. Reads the file of every module; for the text of an error.
std::string remedy_for_missing(const std::string& name, const std::string& asking,
                               const Apps& apps);

/// What to do where no module can be meant.
inline constexpr const char* kInstall = "install it, or link with its folder as -Wl,-rpath";

}  // namespace shoal::modules
