#include "settings/status_key.hpp"

#include "settings/listen_key.hpp"
#include "settings/routes_key.hpp"
#include "settings/section.hpp"

namespace shoal::settings {
namespace {

std::string read_status_route(const Value& value) {
  const std::string& route = value.text();
  check_prefix(route);
  if (route == "/")
    throw ValueError(
        "would hide all other pages; write a path that no other page has, as in /-/shoal");
  return route;
}

}  // namespace

Status read_status(const Value& value) {
  Status status{{}, {"127.0.0.1", "::1"}};
  Section section(value);
  section.required("route", status.route, read_status_route, "route: /-/shoal");
  section.optional("allow", status.allow, read_addresses);
  section.refuse_others();
  return status;
}

}  // namespace shoal::settings
