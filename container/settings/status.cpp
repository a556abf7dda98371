#include "settings/status.hpp"

#include "settings/listen.hpp"
#include "settings/routes.hpp"
#include "settings/scalars.hpp"

namespace shoal::settings {
namespace {

std::string read_route(const Value& value) {
  const std::string& route = value.text();
  check_prefix(route);
  if (route == "/") throw Wrong("would hide every page; write a path of its own, as in /-/shoal");
  return route;
}

}  // namespace

Status read_status(const Value& value) {
  Status status{{}, {"127.0.0.1", "::1"}};
  Section section(value);
  section.required("route", status.route, read_route, "route: /-/shoal");
  section.optional("allow", status.allow, read_addresses);
  section.refuse_others();
  return status;
}

}  // namespace shoal::settings
