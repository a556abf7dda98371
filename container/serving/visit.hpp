#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "access/logged_request.hpp"
#include "fastcgi/exchange.hpp"
#include "generations/snapshot.hpp"
#include "shoal/host/request_id.hpp"
#include "shoal/response.hpp"

namespace shoal::serving {

struct Route;

/// One request on its way through a worker, from its turn to its line in the access log.
/// Line makes one for each request whose turn it is, and fills it in, in the order of the members.
///
/// Belongs to the thread that serves the request. Other threads (the status page, the request
/// watchdog) read it through a ThreadSlot, under the mutex of the slot: `began` at any time,
/// `request`, `id` and `route` from State::kWaiting on, `entry` and `module` from kHandling on. So
/// these members are complete by then and do not change afterwards.
///
/// Two readers need a representation of their own; each is written in one place. A crash handler
/// must not allocate, take a lock, or follow pointers into a broken heap: it reads crash::Activity,
/// fixed memory that ThreadSlot::publish writes. The component access/ knows neither generations/
/// nor fastcgi/: it reads access::LoggedRequest, which AccessLog::write fills in.
///
/// Members are destroyed from the bottom up: the response before the snapshot, which keeps the code
/// of the module mapped, and before the exchange, which carries the answer.
struct Visit {
  using Clock = std::chrono::steady_clock;

  /// When its turn began: a thread took the request, whose body was complete or is streamed.
  Clock::time_point began{};

  // --- what the web server sent

  fastcgi::Exchange* exchange = nullptr;  ///< outlives the visit; not null, but in tests
  host::RequestId made_id;  ///< holds `id` if the web server and the visitor gave none
  std::string_view id;
  std::string_view path;    ///< of the URL, decoded
  std::string joined_path;  ///< holds `path` if it came in two parts
  std::string request;      ///< `GET /about?x=1`, printable
  access::Cpu cpu{};        ///< of the thread so far; zero if the access log does not need it

  // --- what the routes make of the path: Router

  const Route* route = nullptr;  ///< null: no route covers the path
  std::string destination;       ///< the longest dotted name that the path may mean

  // --- which module answers: Generations::enter and Router::find

  Clock::time_point entered{};                            ///< when it got the snapshot
  std::shared_ptr<const generations::Snapshot> snapshot;  ///< held until the end of the visit
  const generations::Snapshot::Entry* entry = nullptr;    ///< in the snapshot; null: no module fits
  std::string module;
  std::string path_info;  ///< the rest of the path behind the module; empty, or begins with `/`

  // --- the answer

  std::unique_ptr<Response> response;
  bool whole = true;          ///< false: the answer was cut off
  Clock::time_point ended{};  ///< when the answer was complete, or cut off

  /// Returns the time from the first byte of the request to the end of the answer.
  std::chrono::nanoseconds took() const { return ended - exchange->started(); }

  /// Returns the generation of `entry`; null if there is no entry, or its group is not loaded.
  const generations::Generation* generation() const {
    return entry == nullptr ? nullptr : entry->generation;
  }
};

}  // namespace shoal::serving
