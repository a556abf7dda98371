#include "fastcgi/libfcgi.hpp"

#include <fcgiapp.h>

#include <csignal>
#include <stdexcept>

namespace shoal::fastcgi {

namespace {

bool start() {
  // FCGX_Init takes each of these that has no handler yet, even where it is ignored.
  constexpr int kTaken[] = {SIGTERM, SIGUSR1};
  struct sigaction before[std::size(kTaken)];
  for (std::size_t i = 0; i < std::size(kTaken); ++i) ::sigaction(kTaken[i], nullptr, &before[i]);
  if (::FCGX_Init() != 0)
    throw std::runtime_error("libfcgi: cannot start, out of memory; free memory");
  for (std::size_t i = 0; i < std::size(kTaken); ++i) ::sigaction(kTaken[i], &before[i], nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return true;
}

}  // namespace

void start_libfcgi() {
  static const bool started = start();
  static_cast<void>(started);
}

void FreeRequest::operator()(FCGX_Request* request) const {
  ::FCGX_Free(request, /*close=*/0);
  std::default_delete<FCGX_Request>()(request);
}

}  // namespace shoal::fastcgi
