#pragma once

#include <fcgiapp.h>

#include <csignal>

/// Shared by the rivals, so that they differ only in the way they serve.
namespace bench {

/// The same body, type and length as the answer of apps/hello. run.sh compares the bodies.
inline constexpr char kAnswer[] =
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: 14\r\n"
    "\r\n"
    "Hello, world!\n";

/// Returns a listening socket at this path, for all threads.
inline int listen_on(const char* path) {
  FCGX_Init();
  std::signal(SIGTERM, SIG_DFL);  // libfcgi's own handler does not end the program
  return FCGX_OpenSocket(path, /*backlog*/ 511);
}

}  // namespace bench
