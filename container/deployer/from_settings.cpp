#include "deployer/from_settings.hpp"

#include <filesystem>

namespace shoal::deployer {
namespace {

namespace fs = std::filesystem;

/// Returns a path that starts this program again. /proc/self/exe is right even after an upgrade has
/// replaced the file. Under valgrind it is valgrind, and only the text of the link names this
/// program.
std::string this_program() {
  const char* const self = "/proc/self/exe";
  std::error_code ignored;
  const fs::path named = fs::read_symlink(self, ignored);
  const bool is_another = fs::exists(named, ignored) && !fs::equivalent(self, named, ignored);
  return is_another ? named.native() : self;
}

std::vector<std::string> probe_command(const settings::State& state) {
  return {this_program(), kProbeCommand, state.path.native(), std::to_string(state.size)};
}

}  // namespace

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

releases::SweepRules rules_of(const settings::Sweep& sweep) {
  using Watch = settings::Sweep::Watch;
  const auto mode = sweep.watch == Watch::kAuto      ? releases::WatchMode::kAuto
                    : sweep.watch == Watch::kInotify ? releases::WatchMode::kInotify
                                                     : releases::WatchMode::kStat;
  return {.watch = mode, .interval = sweep.interval, .settle = sweep.settle, .wait = sweep.wait};
}

releases::HistoryRules rules_of(const settings::History& history) {
  return {.keep = history.keep, .size = history.size};
}

releases::Probe probe_of(const settings::State& state, const std::string& remedy) {
  return {probe_command(state), remedy};
}

releases::Trials::Parts trials_of(const settings::Settings& settings) {
  releases::Trials::Parts parts{
      .command = {}, .remedy = "fix it and run \"shoal probe\" on it before dropping it again"};
  if (settings.sweep.probe) parts.command = probe_command(settings.state);
  return parts;
}

}  // namespace shoal::deployer
