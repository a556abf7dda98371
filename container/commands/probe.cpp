#include "commands/commands.hpp"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>

#include "commands/probe_input.hpp"
#include "modules/faults.hpp"
#include "modules/name.hpp"

namespace shoal::commands {
namespace {

namespace fs = std::filesystem;

/// Returns the name of a file's module; nullopt when it is not among the modules of the bench.
std::optional<std::string> module_of(const fs::path& file, const Bench& bench) {
  std::error_code none;
  for (const auto& [module, known] : bench.apps.files) {
    if (fs::equivalent(known.path, file, none)) return module;
  }
  return std::nullopt;
}

FileReport look_at(const fs::path& file) {
  FileReport report{file.native(), {}, {}, {}};
  const auto checked = modules::check_files({.files = {{"", modules::File{file, {}}}}});
  if (!checked.facts.empty()) report.facts = checked.facts.begin()->second;
  if (!checked.faults.empty()) report.refusal = checked.faults.front().text();
  return report;
}

/// Returns why a file is not a module of the bench.
std::string why_unknown(const fs::path& file, const ProbeArguments& arguments, const Bench& bench) {
  const fs::path relative = file.lexically_relative(bench.settings.apps);
  const bool lies_below = !relative.empty() && *relative.begin() != "..";
  auto fault = arguments.config.empty()
                   ? modules::too_long_name()
                   : modules::fault_of_name(relative).value_or(base::Failure{});
  if (fault.fact.empty() || (!arguments.config.empty() && !lies_below)) {
    fault = {.fact = "does not lie below " + bench.settings.apps.native(),
             .remedy = "leave out -c, or drop it there"};
  }
  fault.thing = file.native();
  return fault.text();
}

/// Says of each file that was asked for what became of it, and adds those of the group that are at
/// fault.
void judge(GroupReport& group, const Bench& bench) {
  for (const auto& [module, why] : group.bad) {
    const bool asked = std::ranges::count(group.files, module, &FileReport::module) != 0;
    if (!asked) {
      group.files.push_back(look_at(bench.apps.files.find(module)->second.path));
      group.files.back().module = module;
    }
  }
  for (auto& file : group.files) {
    const auto bad = group.bad.find(file.module);
    if (bad != group.bad.end() && file.refusal.empty()) file.refusal = bad->second;
  }
}

}  // namespace

int probe(const ProbeArguments& arguments) {
  std::vector<fs::path> files;
  for (const auto& file : arguments.files) files.push_back(fs::absolute(file).lexically_normal());
  Bench bench =
      arguments.config.empty() ? Bench::of(files) : Bench::of(settings::read(arguments.config));
  const Workshop workshop;
  if (arguments.config.empty()) bench.settings.state.path = workshop.folder() / "state";
  modules::Stages stages(workshop.folder());

  std::map<std::string, GroupReport> groups;
  for (const auto& path : files) {
    FileReport file = look_at(path);
    const auto module = module_of(path, bench);
    if (module) file.module = *module;
    if (!module && file.refusal.empty()) file.refusal = why_unknown(path, arguments, bench);
    const std::string name = arguments.config.empty() || !module
                                 ? std::string("probe")
                                 : bench.apps.grouping.of(*module).group;
    groups[name].files.push_back(std::move(file));
  }
  for (auto& [name, group] : groups) {
    try_out(order_of(name, arguments.config.empty(), bench), stages, bench, group);
    judge(group, bench);
  }
  return print(groups, arguments.json, std::cout) ? 0 : 1;
}

std::map<std::string, std::string> probe_groups(const settings::Settings& settings,
                                                const std::set<std::string>& groups) {
  const Bench bench = Bench::of(settings);
  const Workshop workshop;
  modules::Stages stages(workshop.folder());
  std::map<std::string, std::string> refusals;
  for (const auto& group : groups) {
    GroupReport report;
    try_out(order_of(group, false, bench), stages, bench, report);
    std::string why = report.refusal;
    for (const auto& [module, fault] : report.bad) why += (why.empty() ? "" : "\n") + fault;
    if (!why.empty()) refusals.emplace(group, why);
  }
  return refusals;
}

}  // namespace shoal::commands
