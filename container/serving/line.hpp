#pragma once

#include <string>

#include "fastcgi/poller.hpp"
#include "modules/registry.hpp"
#include "serving/access_log.hpp"
#include "serving/failure_log.hpp"
#include "serving/router.hpp"
#include "serving/scoreboard.hpp"
#include "serving/status_page.hpp"
#include "serving/traffic.hpp"
#include "shoal/response.hpp"

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
    FailureLog& failures;
    const StatusPage* status_page;  ///< null: none
    const AccessLog* access_log;    ///< null: none
    bool expose;  ///< tell visitors the generation that answered, in X-Shoal-Generation
  };

  explicit Line(const Parts& parts) : parts_(parts) {}

  /// Reads the request that begins on the connection and answers it; the seat tells how far it is.
  /// False when the connection cannot carry another. Whatever a module throws ends in here: the
  /// visitor gets a plain 500, the log the cause. Every line that is logged meanwhile, by modules
  /// too, carries the request's id.
  bool serve(fastcgi::Connection& connection, Seat& seat) const noexcept;

  /// Answers that too many wait already: 503, with Retry-After. False as above.
  bool turn_away(fastcgi::Connection& connection) const noexcept;

 private:
  /// What is known of a request once it is clear who answers it.
  struct Visit {
    const std::string& path;  ///< of the URL, decoded
    std::string_view id;
    const std::optional<Destination>& destination;
    const std::optional<Found>& found;
    const modules::Snapshot& snapshot;
  };

  /// What a visitor gets for the request, but for its end. False when it failed with part of its
  /// answer on the way.
  bool answer(fastcgi::Exchange& exchange, Response& response, const Visit& visit,
              Seat& seat) const;

  /// Has the module answer. False as above. REQUIRES: one was found.
  bool handle(fastcgi::Exchange& exchange, Response& response, const Visit& visit) const;

  access::Cpu cpu_so_far() const;

  /// Sends the rest of the answer, or cuts it off if it is not whole, and writes its line of the
  /// access log. False when the connection cannot carry another.
  bool end(fastcgi::Exchange& exchange, Response& response, AccessLog::Told told) const;

  void count(const fastcgi::Exchange& exchange, const Response& response,
             const std::optional<Found>& found) const;

  const Parts parts_;
};

}  // namespace shoal::serving
