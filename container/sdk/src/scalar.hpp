#pragma once

#include <chrono>
#include <string>

#include "shoal/config.hpp"

namespace shoal {

/// Returns one scalar of a settings file as a T, by the core schema of YAML 1.2. T is one of the
/// types of Config::get except std::string and the list. Throws ConfigError with a text that begins
/// with `where` and quotes `text`.
template <typename T>
T read_scalar(const std::string& where, const std::string& text);

}  // namespace shoal
