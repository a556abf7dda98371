#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "serving/visit.hpp"

namespace shoal::serving {

/// One line of `routes`: a URL prefix and the dotted name it stands for.
struct Route {
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

  /// Sets `route` and `destination` from `path`, whatever modules there are; leaves them empty if
  /// no route covers the path. REQUIRES: the router outlives the visit.
  void route(Visit& visit) const;

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
