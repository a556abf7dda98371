#include "settings/routes.hpp"

#include <algorithm>
#include <string_view>

#include "settings/names.hpp"
#include "settings/scalars.hpp"

namespace shoal::settings {
namespace {

std::string without_slash_at_end(std::string prefix) {
  while (prefix.size() > 1 && prefix.ends_with('/')) prefix.pop_back();
  return prefix;
}

std::string read_target(const Value& value) {
  if (!is_dotted_name(value.text())) throw Wrong(not_a_dotted_name(value.text()));
  return value.text();
}

/// None when the target is missing or wrong, which is among the errors then.
std::optional<Route> read_route(const Value& value) {
  Route route{value.name(), {}, value.where()};
  if (!value.is_mapping()) {
    route.target = read_target(value);
    return route;
  }
  Section section(value);
  const bool known = section.required("module", route.target, read_target, "module: hello");
  section.optional("request_timeout", route.request_timeout, kRequestTimeout);
  section.refuse_others();
  return known ? std::optional(route) : std::nullopt;
}

}  // namespace

void check_prefix(const std::string& prefix) {
  if (!prefix.starts_with('/')) {
    throw Wrong("a URL prefix begins with a slash; write " +
                in_quotes(without_slash_at_end("/" + prefix)));
  }
  if (prefix.size() > 1 && prefix.ends_with('/')) {
    throw Wrong("a URL prefix ends without a slash; write " +
                in_quotes(without_slash_at_end(prefix)));
  }
  if (prefix.find_first_of("?#") != std::string::npos) {
    throw Wrong("a URL prefix has neither query nor fragment; write the path alone");
  }
  const std::string closed = prefix + "/";
  for (const std::string_view never : {"//", "/./", "/../"}) {
    if (prefix != "/" && closed.find(never) != std::string::npos) {
      throw Wrong(
          "no request has such a path: web servers resolve empty, \".\" and \"..\" parts; "
          "write what remains");
    }
  }
}

std::vector<Route> read_routes(const Value& value) {
  std::vector<Route> routes;
  const auto entries = value.entries();
  if (entries.empty()) throw Wrong("routes nothing; write at least one, as in \"/: hello\"");
  for (const auto& entry : entries) {
    entry.attempt([&] { check_prefix(entry.name()); });
    entry.attempt([&] {
      if (auto route = read_route(entry)) routes.push_back(*std::move(route));
    });
  }
  std::ranges::stable_sort(routes, std::ranges::greater{},
                           [](const Route& route) { return route.prefix.size(); });
  return routes;
}

}  // namespace shoal::settings
