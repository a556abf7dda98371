// Asks whether a sanitizer is there, as libraries do that can tell it more; needs none.
extern "C" {
__attribute__((weak)) void __asan_init();
__attribute__((visibility("default"))) bool is_sanitized() { return __asan_init != nullptr; }
}
