#pragma once

#include <sys/types.h>

#include <string>

// Groups of this machine, by name. Safe to call from any thread.
namespace shoal::control {

/// Returns the group of this name, to which files of this process can be given. Throws
/// std::runtime_error, with the remedy, if there is no such group, or this process is not in it.
/// `setting` names the place in the configuration: `control.group`.
gid_t own_group(const std::string& name, const std::string& setting);

}  // namespace shoal::control
