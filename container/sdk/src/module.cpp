#include "shoal/module.hpp"

namespace shoal {

// Destructors are defined here and nowhere else: each anchors its class's vtable and typeinfo in
// libshoal. A copy in a module would be unmapped with the module while the container still uses it,
// and an exception of a module would not be caught by its type.
Module::~Module() = default;
Context::~Context() = default;
ConfigError::~ConfigError() = default;
BodyError::~BodyError() = default;
NoSuchModule::~NoSuchModule() = default;

}  // namespace shoal
