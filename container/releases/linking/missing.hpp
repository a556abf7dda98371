#pragma once

#include <string>

#include "releases/linking/fault.hpp"
#include "releases/linking/links.hpp"

namespace shoal::releases {

/// Returns the fault of the module `asking`, whose file is `file`: it needs a library from outside
/// its group, which the dynamic linker cannot load. `words` are the linker's own, see dlerror(3).
Fault fault_of_missing(const std::string& asking, const std::filesystem::path& file,
                       const std::string& library, const std::string& words,
                       const std::string& remedy);

/// Returns what to do about a library that the dynamic linker does not find: join groups, if a
/// module of another one has its name, else install it. Reads the file of every module.
std::string remedy_for_missing(const std::string& name, const std::string& asking,
                               const Apps& apps);

/// The remedy where no module can be meant.
inline constexpr const char* kInstall =
    "install it, or link the module with the library's folder as -Wl,-rpath";

}  // namespace shoal::releases
