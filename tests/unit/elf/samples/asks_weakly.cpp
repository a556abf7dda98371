// Tests whether a sanitizer is loaded, as libraries with sanitizer hooks do; needs none.
extern "C" {
__attribute__((weak)) void __asan_init();
__attribute__((visibility("default"))) bool is_sanitized() { return __asan_init != nullptr; }
}
