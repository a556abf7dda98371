// A symbol whose name is the end of the soname: linkers store both as one string.
extern "C" __attribute__((visibility("default"))) int odd() __asm__("page.so");
int odd() { return 1; }
