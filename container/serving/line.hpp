#pragma once

#include "fastcgi/poller.hpp"
#include "modules/registry.hpp"
#include "serving/access_log.hpp"
#include "serving/exception_log.hpp"
#include "serving/router.hpp"
#include "serving/scoreboard.hpp"
#include "serving/status_page.hpp"
#include "serving/traffic.hpp"
#include "serving/visit.hpp"

namespace shoal::serving {

/// The line of one request, from the readable connection to the end of its answer. Safe to call
/// from many threads at once.
class Line {
 public:
  /// What it works with; all of it outlives the line.
  struct Parts {
    modules::Registry& registry;
    const Router& router;
    Traffic& traffic;
    ExceptionLog& exceptions;
    const StatusPage* status_page;  ///< null: none
    const AccessLog* access_log;    ///< null: none
    bool expose;  ///< tell visitors the generation that answered, in X-Shoal-Generation
  };

  explicit Line(const Parts& parts) : parts_(parts) {}

  /// Reads the request that begins on the connection and answers it; the slot tells how far it is.
  /// False when the connection cannot carry another. Whatever a module throws ends in here: the
  /// visitor gets a plain 500, the log the cause. Every line that is logged meanwhile, by modules
  /// too, carries the request's id.
  bool serve(fastcgi::Connection& connection, ThreadSlot& slot) const noexcept;

  /// Answers that too many wait already: 503, with Retry-After. False as above.
  bool turn_away(fastcgi::Connection& connection) const noexcept;

 private:
  /// Reads the head of the request. Returns false if there is none.
  bool read(fastcgi::Connection& connection, Visit& visit) const;

  /// Makes the response to which the answer is written.
  void begin_response(Visit& visit) const;

  /// Writes the answer, but for its end: the module's, or the refusal to ask one.
  void answer(Visit& visit, ThreadSlot& slot) const;

  /// Has the module answer. REQUIRES: one was found.
  void handle(Visit& visit) const;

  /// Sends the rest of the answer, or cuts it off if it is not whole, and writes its line of the
  /// access log. Returns false if the connection cannot carry another request.
  bool finish(Visit& visit) const;

  void count(const Visit& visit) const;

  const Parts parts_;
};

}  // namespace shoal::serving
