#pragma once

#include <memory>

struct FCGX_Request;

namespace shoal::fastcgi {

/// Makes libfcgi ready, once per process. Its handlers for TERM, USR1 and PIPE are undone: signals
/// are the daemon's. SIGPIPE is ignored from here on, so that a peer which leaves is an error of
/// write. Safe to call from any thread.
void start_libfcgi();

/// Frees what libfcgi holds for a request. Sends nothing, closes nothing.
struct FreeRequest {
  void operator()(FCGX_Request* request) const;
};
using RequestHolder = std::unique_ptr<FCGX_Request, FreeRequest>;

}  // namespace shoal::fastcgi
