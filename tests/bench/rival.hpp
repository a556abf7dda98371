#pragma once

#include <fcgiapp.h>

#include <csignal>

/// What the rivals have in common, so that only the way they serve differs.
namespace bench {

/// The same body, type and length as apps/hello. run.sh compares the bodies.
inline constexpr char kAnswer[] =
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: 14\r\n"
    "\r\n"
    "Hello, world!\n";

/// A listening socket at this path, for all threads.
inline int listen_on(const char* path) {
  FCGX_Init();
  std::signal(SIGTERM, SIG_DFL);  // libfcgi catches it, and then only stops to accept
  return FCGX_OpenSocket(path, /*backlog*/ 511);
}

}  // namespace bench
