#pragma once

/// SHOAL_EXPORT makes a class or function of a library module visible to the modules that link to
/// it. shoal_add_module and shoal_add_library build with hidden visibility, so a base class that
/// children in other modules derive from is written `class SHOAL_EXPORT Page`.
#define SHOAL_EXPORT __attribute__((visibility("default")))
