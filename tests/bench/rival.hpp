#pragma once

#include <fcgiapp.h>
#include <fcntl.h>

#include <chrono>
#include <csignal>
#include <string_view>
#include <thread>

/// Shared by the rivals, so that they differ only in the way they serve.
namespace bench {

/// The same body, type and length as the answer of apps/hello. contenders.py compares the bodies.
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

/// The same, but accept() on it returns at once if another thread was faster.
inline int listen_without_blocking(const char* path) {
  const int listener = listen_on(path);
  fcntl(listener, F_SETFL, O_NONBLOCK);
  return listener;
}

/// Returns true if the handler of this path waits, as the module bench.sleeps does.
inline bool is_slow(std::string_view path) { return path.starts_with("/slow"); }

/// The wait of a slow handler.
inline void sleep_as_a_slow_handler() { std::this_thread::sleep_for(std::chrono::milliseconds(5)); }

}  // namespace bench
