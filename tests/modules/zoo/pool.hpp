#pragma once

#include <functional>
#include <string>

#include "shoal/export.hpp"

/// A library outside of the apps folder, with threads of its own. Runs the action in a new thread,
/// which runs on as long as the file exists.
SHOAL_EXPORT void run_elsewhere(const std::function<void()>& action, const std::string& file);
