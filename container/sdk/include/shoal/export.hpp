#pragma once

/// Makes a class or function of a library module visible to the modules that link to it, as in
/// `class SHOAL_EXPORT Page`. shoal_add_module and shoal_add_library build with hidden visibility,
/// so a base class needs SHOAL_EXPORT when classes in other modules derive from it.
#define SHOAL_EXPORT __attribute__((visibility("default")))
