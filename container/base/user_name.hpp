#pragma once

#include <sys/types.h>

#include <string>

namespace shoal::base {

/// Returns the name of a user of this machine; the number as text if it has no name. Safe to call
/// from any thread.
std::string name_of_user(uid_t id);

}  // namespace shoal::base
