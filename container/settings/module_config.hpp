#pragma once

#include <map>
#include <string>

#include "settings/reader.hpp"
#include "shoal/config.hpp"

namespace shoal::settings {

/// `modules`: dotted name -> what that module is handed. What is inside is the module's to check,
/// but keys that stand twice are refused here. Throws Wrong.
std::map<std::string, Config> read_modules(const Value& value);

}  // namespace shoal::settings
