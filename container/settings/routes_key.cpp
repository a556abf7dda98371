#include "settings/routes_key.hpp"

#include <algorithm>
#include <string_view>

#include "settings/names.hpp"
#include "settings/scalars.hpp"
#include "settings/section.hpp"

namespace shoal::settings {
namespace {

std::string without_slash_at_end(std::string prefix) {
  while (prefix.size() > 1 && prefix.ends_with('/')) prefix.pop_back();
  return prefix;
}

std::string read_target(const Value& value) {
  if (!is_dotted_name(value.text())) throw ValueError(not_a_dotted_name(value.text()));
  return value.text();
}

unsigned read_threads(const Value& value, unsigned most) {
  const auto threads = static_cast<unsigned>(kThreads(value));
  if (threads <= most) return threads;
  throw ValueError(std::to_string(threads) + " is more than workers.threads, which is " +
                   std::to_string(most) + "; lower it, or raise workers.threads");
}

/// Reads one route. Returns nullopt, with an error added, if `module` is missing or wrong.
std::optional<Route> read_route(const Value& value, unsigned most_threads) {
  Route route{value.name(), {}, value.where()};
  if (!value.is_mapping()) {
    route.target = read_target(value);
    return route;
  }
  const auto threads = [&](const Value& text) { return read_threads(text, most_threads); };
  Section section(value);
  const bool known = section.required("module", route.target, read_target, "module: hello");
  section.optional("request_timeout", route.request_timeout, kRequestTimeout);
  section.optional("body", route.streams_body, OneOf<bool>{{{"collect", false}, {"stream", true}}});
  section.optional("threads", route.threads, threads);
  section.refuse_others();
  return known ? std::optional(route) : std::nullopt;
}

}  // namespace

void check_prefix(const std::string& prefix) {
  if (!prefix.starts_with('/')) {
    throw ValueError("a URL prefix must begin with a slash; write " +
                     in_quotes(without_slash_at_end("/" + prefix)));
  }
  if (prefix.size() > 1 && prefix.ends_with('/')) {
    throw ValueError("a URL prefix must not end with a slash; write " +
                     in_quotes(without_slash_at_end(prefix)));
  }
  if (prefix.find_first_of("?#") != std::string::npos) {
    throw ValueError("a URL prefix must not have a query or a fragment; write the path alone");
  }
  const std::string closed = prefix + "/";
  for (const std::string_view part : {"//", "/./", "/../"}) {
    if (prefix != "/" && closed.find(part) != std::string::npos) {
      throw ValueError(
          "no request has such a path, since web servers remove empty, \".\" and \"..\" parts; "
          "write the prefix without them");
    }
  }
}

std::vector<Route> read_routes(const Value& value, unsigned threads) {
  std::vector<Route> routes;
  const auto entries = value.entries();
  if (entries.empty()) throw ValueError("has no routes; write at least one, as in \"/: hello\"");
  for (const auto& entry : entries) {
    entry.attempt([&] { check_prefix(entry.name()); });
    entry.attempt([&] {
      if (auto route = read_route(entry, threads)) routes.push_back(*std::move(route));
    });
  }
  std::ranges::stable_sort(routes, std::ranges::greater{},
                           [](const Route& route) { return route.prefix.size(); });
  return routes;
}

}  // namespace shoal::settings
