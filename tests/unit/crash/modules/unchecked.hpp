#pragma once

// What breaks on purpose: no sanitizer may notice before the kernel does, and no call may vanish.
#define UNCHECKED __attribute__((noinline, no_sanitize("address", "thread", "undefined")))
