#pragma once

namespace shoal::fastcgi {

class Exchange;

/// Why a request is answered with an error before it is served.
struct Refusal {
  int status = 0;        ///< HTTP, from 400 on; 0: it is not refused
  const char* why = "";  ///< for the log
};

/// What the configuration says of the requests of one route. Immutable; outlives the server.
struct RouteRules {
  unsigned threads = 0;       ///< at most so many of its requests run at once; 0: no bound
  bool streams_body = false;  ///< the handler reads the body while it comes
};

/// Answers the requests of a server: the role RESPONDER of FastCGI. The server calls it from many
/// threads at once; each of them is a thread of the server or its monitor thread.
class Responder {
 public:
  virtual ~Responder() = default;

  /// What becomes of a request whose parameters are complete.
  struct Plan {
    const RouteRules* route = nullptr;  ///< null: no bound, and the body is collected
    Refusal refusal{};
  };

  /// Decides from the parameters and the configuration alone. Does not wait.
  virtual Plan plan(const Exchange& exchange) const noexcept = 0;

  /// Answers the request. `thread` is the number of the calling thread, below ServerRules::threads.
  virtual void serve(Exchange& exchange, unsigned thread) const noexcept = 0;

  /// Answers with an error a request that is not served. Does not wait.
  virtual void refuse(Exchange& exchange, const Refusal& refusal) const noexcept = 0;

  /// The thread of this number has started, or is about to end. Called by that thread.
  virtual void thread_starts(unsigned thread) const noexcept = 0;
  virtual void thread_ends(unsigned thread) const noexcept = 0;
};

}  // namespace shoal::fastcgi
