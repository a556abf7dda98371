// A handler made without SHOAL_MODULE.
extern "C" __attribute__((visibility("default"))) void* shoal_make_module() { return nullptr; }
