#include "serving/router.hpp"

#include <algorithm>

#include "modules/name.hpp"

namespace shoal::serving {
namespace {

constexpr std::size_t kMostSegments = 64;  // deeper than any tree of modules, and bounded

bool covers(const std::string& prefix, std::string_view path) {
  if (prefix == "/") return path.starts_with('/');
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

}  // namespace

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {}

std::optional<Destination> Router::destination(std::string_view path) const {
  const auto route =
      std::ranges::find_if(routes_, [&](const Route& each) { return covers(each.prefix, path); });
  if (route == routes_.end()) return std::nullopt;

  const std::size_t rest = route->prefix == "/" ? 0 : route->prefix.size();
  Destination destination{route->target, route->target.size(), path, rest, route->timeout};
  std::size_t segments = 0;
  for (std::size_t at = rest; at + 1 < path.size() && ++segments <= kMostSegments;) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string_view segment = path.substr(at + 1, end - at - 1);
    if (!modules::is_name_segment(segment)) break;  // a dot would reach what is not routed
    destination.name.append(".").append(segment);
    at = end;
  }
  return destination;
}

std::optional<Found> Router::find(const Destination& destination,
                                  const modules::Snapshot& snapshot) {
  const std::string& full = destination.name;
  for (std::size_t size = full.size();;) {
    const std::string name = full.substr(0, size);
    // A name grows by `.about` where the path has `/about`, so their lengths tell what is left.
    const std::string_view left =
        destination.path.substr(destination.rest + size - destination.shortest);
    if (const auto* entry = snapshot.find(name)) return Found{entry, name, std::string(left)};
    if (left.empty() || left == "/") {
      const std::string index = name + ".index";
      if (const auto* entry = snapshot.find(index)) return Found{entry, index, {}};
    }
    if (size == destination.shortest) return std::nullopt;
    size = full.rfind('.', size - 1);
  }
}

}  // namespace shoal::serving
