#pragma once

#include <string>

#include "fastcgi/poller.hpp"
#include "modules/registry.hpp"
#include "serving/router.hpp"
#include "shoal/response.hpp"

namespace shoal::serving {

/// The line of one request, from the readable connection to the end of its answer. Safe to call
/// from many threads at once.
class Line {
 public:
  /// `expose`: tell visitors the generation that answered, in X-Shoal-Generation.
  /// REQUIRES: `registry` outlives the line.
  Line(modules::Registry& registry, Router router, bool expose);

  /// Reads the request that begins on the connection and answers it. False when the connection
  /// cannot carry another. Whatever a module throws ends in here: the visitor gets a plain 500, the
  /// log the cause.
  bool serve(fastcgi::Connection& connection) const noexcept;

 private:
  /// Has the module answer. False when it failed with part of its answer on the way.
  bool handle(fastcgi::Exchange& exchange, Response& response, const std::string& path,
              const Found& found, const modules::Snapshot& snapshot) const;

  modules::Registry& registry_;
  const Router router_;
  const bool expose_;
};

}  // namespace shoal::serving
