#pragma once

#include <map>
#include <string>

#include "settings/value.hpp"
#include "shoal/config.hpp"

namespace shoal::settings {

/// Reads `modules`: dotted name -> the settings that the module gets. The module checks them; only
/// keys that are given twice are refused here. Throws ValueError.
std::map<std::string, Config> read_modules(const Value& value);

}  // namespace shoal::settings
