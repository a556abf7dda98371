#include "modules/new_line.hpp"
#include "worker/from_settings.hpp"

#include "control/logging.hpp"

namespace shoal::worker {

fastcgi::Limits limits_of(const settings::Limits& limits) {
  return {.body = limits.body,
          .read_timeout = limits.read_timeout,
          .write_timeout = limits.write_timeout,
          .idle_timeout = limits.idle_timeout,
          .keep_alive_drain = limits.keep_alive_drain};
}

releases::Grouping grouping_of(const settings::Groups& groups) {
  switch (groups.kind) {
    case settings::Groups::Kind::kNever:
      return releases::Grouping::never();
    case settings::Groups::Kind::kTopLevel:
      return releases::Grouping::top_level();
    case settings::Groups::Kind::kListed:
      break;
  }
  return releases::Grouping::listed(groups.types);
}

modules::SweepRules rules_of(const settings::Sweep& sweep) {
  using Watch = settings::Sweep::Watch;
  const auto mode = sweep.watch == Watch::kAuto      ? releases::WatchMode::kAuto
                    : sweep.watch == Watch::kInotify ? releases::WatchMode::kInotify
                                                     : releases::WatchMode::kStat;
  return {.watch = mode, .interval = sweep.interval, .settle = sweep.settle, .wait = sweep.wait};
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
    plain.push_back({route.prefix, route.target,
                     route.request_timeout.value_or(settings.limits.request_timeout)});
  }
  return plain;
}

}  // namespace shoal::worker
