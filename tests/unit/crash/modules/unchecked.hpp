#pragma once

// For functions that crash: no sanitizer may report them before the kernel does, and no call may be
// inlined.
#define UNCHECKED __attribute__((noinline, no_sanitize("address", "thread", "undefined")))
