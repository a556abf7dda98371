#include "worker/from_settings.hpp"

#include "control/logging.hpp"

namespace shoal::worker {

fastcgi::Limits limits_of(const settings::Limits& limits) {
  return {.body = limits.body,
          .bodies = limits.bodies,
          .read_timeout = limits.read_timeout,
          .body_timeout = limits.body_timeout,
          .write_timeout = limits.write_timeout,
          .idle_timeout = limits.idle_timeout,
          .keep_alive_drain = limits.keep_alive_drain};
}

generations::SweepRules rules_of(const settings::Sweep& sweep) {
  return {.interval = sweep.interval, .wait = sweep.wait};
}

state::Options options_of(const settings::State& state) {
  using Durability = settings::State::Durability;
  return {.path = state.path,
          .size = state.size,
          .durability = state.durability == Durability::kMachine ? state::Durability::kMachine
                                                                 : state::Durability::kProcess,
          .read_only = false};
}

std::optional<serving::AccessLog> access_log_of(const settings::Log& log) {
  if (!log.access) return std::nullopt;
  return serving::AccessLog(access::Format(log.access->format), control::access_logger());
}

std::vector<serving::Route> routes_of(const settings::Settings& settings) {
  std::vector<serving::Route> plain;
  for (const auto& route : settings.routes) {
    plain.push_back({{.threads = route.threads, .streams_body = route.streams_body},
                     route.prefix,
                     route.target,
                     route.request_timeout.value_or(settings.limits.request_timeout)});
  }
  return plain;
}

}  // namespace shoal::worker
