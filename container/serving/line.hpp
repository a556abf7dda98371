#pragma once

#include "fastcgi/poller.hpp"
#include "generations/generations.hpp"
#include "serving/access_log.hpp"
#include "serving/exception_log.hpp"
#include "serving/router.hpp"
#include "serving/scoreboard.hpp"
#include "serving/status_page.hpp"
#include "serving/traffic.hpp"
#include "serving/visit.hpp"

namespace shoal::serving {

/// Serves one request, in a straight line from the readable connection to the end of the answer.
/// Safe to call from many threads at once.
class Line {
 public:
  /// What a line works with. All of it outlives the line.
  struct Parts {
    generations::Generations& generations;
    const Router& router;
    Traffic& traffic;
    ExceptionLog& exceptions;
    const StatusPage* status_page;  ///< null: no status page
    const AccessLog* access_log;    ///< null: no access log
    bool expose;                    ///< send X-Shoal-Generation to visitors
  };

  explicit Line(const Parts& parts) : parts_(parts) {}

  /// Reads the request that begins on the connection and answers it. Publishes the visit in the
  /// slot meanwhile. Returns false if the connection cannot carry another request.
  ///
  /// An exception that a module throws is caught: the visitor gets a 500 without details, the cause
  /// is logged. Each line that this thread logs meanwhile carries the id of the request, lines of
  /// modules included.
  bool serve(fastcgi::Connection& connection, ThreadSlot& slot) const noexcept;

  /// Answers 503 with Retry-After, since too many requests wait already. Returns false as `serve`
  /// does.
  bool turn_away(fastcgi::Connection& connection) const noexcept;

 private:
  /// Reads the head of the request. Returns false if no request came.
  bool read(fastcgi::Connection& connection, Visit& visit) const;

  /// Makes the response, to which the answer is written.
  void begin_response(Visit& visit) const;

  /// Has the module answer, or answers with an error.
  void answer(Visit& visit, ThreadSlot& slot) const;

  /// Calls the handler. REQUIRES: `visit.entry` has a handler.
  void handle(Visit& visit) const;

  /// Sends the rest of the answer, or cuts the answer off if it is not whole. Then writes the line
  /// of the access log. Returns false if the connection cannot carry another request.
  bool finish(Visit& visit) const;

  void count(const Visit& visit) const;

  const Parts parts_;
};

}  // namespace shoal::serving
