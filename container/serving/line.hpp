#pragma once

#include <functional>

#include "fastcgi/exchange.hpp"
#include "fastcgi/responder.hpp"
#include "generations/generations.hpp"
#include "serving/access_log.hpp"
#include "serving/exception_log.hpp"
#include "serving/router.hpp"
#include "serving/scoreboard.hpp"
#include "serving/status_page.hpp"
#include "serving/traffic.hpp"
#include "serving/visit.hpp"

namespace shoal::serving {

/// Answers requests, each in a straight line from its turn to the end of the answer. Safe to call
/// from many threads at once.
///
/// An exception that a module throws is caught: the visitor gets a 500 without details, the cause
/// is logged. Each line that a thread logs meanwhile carries the id of the request, lines of
/// modules included.
class Line final : public fastcgi::Responder {
 public:
  /// What a line works with. All of it outlives the line.
  struct Parts {
    generations::Generations& generations;
    const Router& router;
    Traffic& traffic;
    ExceptionLog& exceptions;
    Scoreboard& scoreboard;
    const StatusPage* status_page;   ///< null: no status page
    const AccessLog* access_log;     ///< null: no access log
    bool expose;                     ///< send X-Shoal-Generation to visitors
    std::function<void()> answered;  ///< called after each request that was served; may be empty
  };

  explicit Line(const Parts& parts) : parts_(parts) {}

  /// Refuses with 400 and 413; otherwise returns the route.
  Plan plan(const fastcgi::Exchange& exchange) const noexcept override;

  /// Publishes the visit in the slot of the thread while it waits, and from the handler on.
  void serve(fastcgi::Exchange& exchange, unsigned thread) const noexcept override;

  /// Adds `Retry-After: 1` to a 503.
  void refuse(fastcgi::Exchange& exchange, const fastcgi::Refusal& refusal) const noexcept override;

  void thread_starts(unsigned thread) const noexcept override;
  void thread_ends(unsigned thread) const noexcept override;

 private:
  void describe(Visit& visit) const;

  /// Sweeps, and takes the snapshot.
  void enter(Visit& visit, ThreadSlot& slot) const;

  /// Makes the response, to which the answer is written.
  void begin_response(Visit& visit) const;

  /// Has the module answer, or answers with an error.
  void answer(Visit& visit, ThreadSlot& slot) const;

  /// Calls the handler. REQUIRES: `visit.entry` has a handler.
  void handle(Visit& visit) const;

  /// Sends the rest of the answer, or cuts the answer off if it is not whole. Then writes the line
  /// of the access log.
  void finish(Visit& visit) const;

  void count(const Visit& visit) const;

  const Parts parts_;
};

}  // namespace shoal::serving
