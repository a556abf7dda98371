#include "serving/router.hpp"

#include <algorithm>

#include "releases/apps/name.hpp"

namespace shoal::serving {
namespace {

constexpr std::size_t kMostSegments = 64;  // deeper than any folder of modules

bool covers(const std::string& prefix, std::string_view path) {
  if (prefix == "/") return path.starts_with('/');
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

/// Returns where in a path the prefix of its route ends.
std::size_t prefix_size(const Route& route) {
  return route.prefix == "/" ? 0 : route.prefix.size();
}

/// Sets the result of Router::find. Returns false if there is no module of this name.
bool take(std::string_view module, std::string_view path_info, Visit& visit) {
  visit.entry = visit.snapshot->find(module);
  if (visit.entry == nullptr) return false;
  visit.module = module;
  visit.path_info = path_info;
  return true;
}

}  // namespace

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {}

const Route* Router::route_of(std::string_view path) const {
  const auto route =
      std::ranges::find_if(routes_, [&](const Route& each) { return covers(each.prefix, path); });
  return route == routes_.end() ? nullptr : &*route;
}

void Router::set_destination(Visit& visit) {
  if (visit.route == nullptr) return;
  const std::string_view path = visit.path;
  visit.destination = visit.route->target;
  std::size_t segments = 0;
  for (std::size_t at = prefix_size(*visit.route);
       at + 1 < path.size() && ++segments <= kMostSegments;) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string_view segment = path.substr(at + 1, end - at - 1);
    if (!releases::is_name_segment(segment)) break;  // a dot would reach what is not routed
    visit.destination.append(".").append(segment);
    at = end;
  }
}

void Router::find(Visit& visit) {
  if (visit.route == nullptr) return;
  const std::string_view path = visit.path;
  const std::string_view full = visit.destination;
  const std::size_t shortest = visit.route->target.size();
  for (std::size_t size = full.size();;) {
    const std::string_view name = full.substr(0, size);
    // A name grows by `.about` where the path has `/about`, so its length says how much is left.
    const std::string_view left = path.substr(prefix_size(*visit.route) + size - shortest);
    if (take(name, left, visit)) return;
    const bool is_folder = left.empty() || left == "/";
    if (is_folder && take(std::string(name) + ".index", {}, visit)) return;
    if (size == shortest) return;
    size = full.rfind('.', size - 1);
  }
}

}  // namespace shoal::serving
