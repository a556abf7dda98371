#include "shoal/module.hpp"

namespace shoal {

// These destructors must be defined here: each puts the vtable and the typeinfo of its class into
// libshoal only. A copy in a module would be unmapped together with the module while the container
// still uses it, and the container could not catch an exception of a module by its type.
Module::~Module() = default;
Context::~Context() = default;
ConfigError::~ConfigError() = default;
BodyError::~BodyError() = default;
NoSuchModule::~NoSuchModule() = default;

}  // namespace shoal
