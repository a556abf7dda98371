#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "fastcgi/responder.hpp"
#include "serving/visit.hpp"

namespace shoal::serving {

/// One line of `routes`: a URL prefix and the dotted name it stands for.
struct Route : fastcgi::RouteRules {
  std::string prefix;  ///< `/hello`; no trailing slash, but for `/` itself
  std::string target;  ///< `hello`, or a folder of modules such as `aquarium.screen`
  std::chrono::milliseconds timeout{0};  ///< of its requests; 0: no timeout
};

/// Finds the module for a path: the longest prefix among the routes, then the longest module name.
/// Immutable; safe to use from any thread.
class Router {
 public:
  /// REQUIRES: `routes` stand longest prefix first.
  explicit Router(std::vector<Route> routes);

  /// Returns the route that covers the path; null if there is none.
  const Route* route_of(std::string_view path) const;

  /// Sets `destination` from `path` and `route`, whatever modules there are; leaves it empty if
  /// there is no route.
  static void set_destination(Visit& visit);

  /// Sets `entry`, `module` and `path_info` from `path`, `route`, `destination` and `snapshot`;
  /// leaves them empty if no module fits.
  ///
  /// For `/about/team` and the target `aquarium.screen`, takes the first module that exists of
  /// `aquarium.screen.about.team`, `aquarium.screen.about.team.index`, and `aquarium.screen.about`
  /// with path_info `/team`. An `index` answers for its folder alone, so a path that leads to no
  /// module is a 404 and not the front page.
  static void find(Visit& visit);

 private:
  std::vector<Route> routes_;
};

}  // namespace shoal::serving
