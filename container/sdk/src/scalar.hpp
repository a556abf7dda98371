#pragma once

#include <chrono>
#include <string>

#include "shoal/config.hpp"

namespace shoal {

/// One scalar of a settings file as a T, by the core schema of YAML 1.2. Throws ConfigError that
/// begins with `where` and quotes `text`. T is any of Config::get's but std::string and the list.
template <typename T>
T read_scalar(const std::string& where, const std::string& text);

}  // namespace shoal
