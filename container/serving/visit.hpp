#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "access/logged_request.hpp"
#include "fastcgi/exchange.hpp"
#include "modules/snapshot.hpp"
#include "shoal/response.hpp"

namespace shoal::serving {

struct Route;

/// One request on its way through a worker, from its connection to its line in the access log.
/// Line::serve makes one for each request and fills it in, in the order of the members.
///
/// Belongs to the thread that serves the request. Other threads (the status page, the request
/// watchdog) read it through the thread's ThreadSlot, under the mutex of the slot: `request`, `id`
/// and `route` as soon as the request waits for its group, `entry` and `module` as soon as a module
/// handles it. So these are complete by then, and do not change afterwards.
///
/// Two others get copies, each made in one place, since they cannot read this. The handler of a
/// crash may neither allocate nor take a lock and reads fixed memory: ThreadSlot::publish writes
/// it. The component access/ knows neither modules/ nor fastcgi/: AccessLog::write fills its
/// struct.
///
/// Destroyed from the bottom up: the response before the snapshot that holds the module's code
/// and before the exchange that carries the answer.
struct Visit {
  /// When a thread began to read the request.
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();

  // --- what the web server sent

  std::unique_ptr<fastcgi::Exchange> exchange;
  std::string id;
  std::string path;     ///< of the URL, decoded
  std::string request;  ///< `GET /about?x=1`, printable
  access::Cpu cpu{};    ///< of the thread at this point; only if the access log asks for it

  // --- what the routes make of the path: Router::route

  const Route* route = nullptr;  ///< null: no route covers the path
  std::string destination;       ///< the longest dotted name that the path may mean

  // --- which module answers: Registry::enter and Router::find

  std::shared_ptr<const modules::Snapshot> snapshot;  ///< held until the visit is over
  const modules::Snapshot::Entry* entry = nullptr;    ///< in the snapshot; null: not found
  std::string module;
  std::string path_info;  ///< what the module's name left of the path; empty or beginning with `/`

  // --- the answer

  std::unique_ptr<Response> response;
  bool whole = true;  ///< false: the answer was cut off, or the web server had left
  std::chrono::nanoseconds took{
      0};  ///< from the first byte of the request to the end of the answer

  /// Returns the generation that answers; null if no loaded module was found.
  const modules::Generation* generation() const {
    return entry == nullptr ? nullptr : entry->generation;
  }
};

}  // namespace shoal::serving
