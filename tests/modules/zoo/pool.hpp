#pragma once

#include <functional>
#include <string>

#include "shoal/export.hpp"

/// A library from outside, with threads of its own: does the deed on a new one, which goes on for
/// as long as the file exists.
SHOAL_EXPORT void do_elsewhere(const std::function<void()>& deed, const std::string& file);
