#pragma once

#include <string>

#include "releases/apps/identity.hpp"

namespace shoal::releases {

/// What tells one set of files from every other, in 32 hexadecimal digits: a digest of the modules'
/// names, paths and identities. Equal in every process that looks at the same files; the same
/// content dropped once more has another.
std::string fingerprint_of(const Files& files);

}  // namespace shoal::releases
