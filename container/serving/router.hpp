#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modules/snapshot.hpp"

namespace shoal::serving {

/// One line of `routes`: a URL prefix and the dotted name it stands for.
struct Route {
  std::string prefix;  ///< `/hello`; no trailing slash, but for `/` itself
  std::string target;  ///< `hello`, or a folder of modules such as `aquarium.screen`
  std::chrono::milliseconds timeout{0};  ///< of its requests; 0: none
};

/// What a path may mean, before anyone has looked which modules there are.
struct Destination {
  std::string name;       ///< the route's target, extended by each further segment of the path
  std::size_t shortest;   ///< how much of `name` is the target itself
  std::string_view path;  ///< the path that was asked for; the caller's
  std::size_t rest;       ///< where in `path` the route's prefix ends
  std::chrono::milliseconds timeout{0};  ///< of the request; 0: none
};

/// Where a request goes.
struct Found {
  const modules::Snapshot::Entry* entry = nullptr;
  std::string module;
  std::string path_info;  ///< what the module's name left of the path; empty or beginning with `/`
};

/// Finds the module for a path: the longest prefix among the routes, then the longest module name.
/// Immutable; safe to use from any thread.
class Router {
 public:
  /// REQUIRES: `routes` stand longest prefix first.
  explicit Router(std::vector<Route> routes);

  /// None when no route covers the path.
  std::optional<Destination> destination(std::string_view path) const;

  /// `/about/team` on `aquarium.screen` is the first of `aquarium.screen.about.team`, the same with
  /// `.index`, and `aquarium.screen.about` with path_info `/team`. An `index` answers for its
  /// folder alone, so that a path to nothing is a 404 and not the front page. None when nothing
  /// fits.
  static std::optional<Found> find(const Destination& destination,
                                   const modules::Snapshot& snapshot);

 private:
  std::vector<Route> routes_;
};

}  // namespace shoal::serving
