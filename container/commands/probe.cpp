#include "commands/commands.hpp"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>

#include "commands/probe_input.hpp"
#include "releases/apps/name.hpp"
#include "releases/linking/faults.hpp"

namespace shoal::commands {
namespace {

namespace fs = std::filesystem;

/// Returns the name of a file's module; nullopt when the input does not have it.
std::optional<std::string> module_of(const fs::path& file, const ProbeInput& input) {
  std::error_code ignored;
  for (const auto& [module, known] : input.apps.files) {
    if (fs::equivalent(known.path, file, ignored)) return module;
  }
  return std::nullopt;
}

FileResult check_file(const fs::path& file) {
  FileResult result{file.native(), {}, {}, {}};
  const auto checked = releases::check_files({.files = {{"", releases::File{file, {}}}}});
  if (!checked.facts.empty()) result.facts = checked.facts.begin()->second;
  if (!checked.faults.empty()) result.refusal = checked.faults.front().text();
  return result;
}

/// Returns why a file is not a module of the input.
std::string why_unknown(const fs::path& file, const ProbeArguments& arguments,
                        const ProbeInput& input) {
  const fs::path relative = file.lexically_relative(input.settings.apps);
  const bool lies_below = !relative.empty() && *relative.begin() != "..";
  auto fault = arguments.config.empty()
                   ? releases::too_long_name()
                   : releases::fault_of_name(relative).value_or(base::Failure{});
  if (fault.fact.empty() || (!arguments.config.empty() && !lies_below)) {
    fault = {.fact = "does not lie below " + input.settings.apps.native(),
             .remedy = "leave out -c, or drop it there"};
  }
  fault.thing = file.native();
  return fault.text();
}

/// Enters the faults of the group into its files, and adds the files at fault that the command line
/// does not name.
void enter_faults(GroupResult& group, const ProbeInput& input) {
  for (const auto& [module, why] : group.bad) {
    const bool asked = std::ranges::count(group.files, module, &FileResult::module) != 0;
    if (!asked) {
      group.files.push_back(check_file(input.apps.files.find(module)->second.path));
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
  ProbeInput input = arguments.config.empty() ? ProbeInput::of(files)
                                              : ProbeInput::of(settings::read(arguments.config));
  const TemporaryFolder temporary;
  if (arguments.config.empty()) input.settings.state.path = temporary.folder() / "state";
  releases::Stages stages(temporary.folder());

  std::map<std::string, GroupResult> groups;
  for (const auto& path : files) {
    FileResult file = check_file(path);
    const auto module = module_of(path, input);
    if (module) file.module = *module;
    if (!module && file.refusal.empty()) file.refusal = why_unknown(path, arguments, input);
    const std::string name = arguments.config.empty() || !module
                                 ? std::string("probe")
                                 : input.apps.grouping.of(*module).group;
    groups[name].files.push_back(std::move(file));
  }
  for (auto& [name, group] : groups) {
    try_out(members_of(name, arguments.config.empty(), input), stages, input, group);
    enter_faults(group, input);
  }
  return print(groups, arguments.json, std::cout) ? 0 : 1;
}

std::map<std::string, std::string> probe_groups(const settings::Settings& settings,
                                                const std::set<std::string>& groups) {
  const ProbeInput input = ProbeInput::of(settings);
  const TemporaryFolder temporary;
  releases::Stages stages(temporary.folder());
  std::map<std::string, std::string> refusals;
  for (const auto& group : groups) {
    GroupResult result;
    try_out(members_of(group, false, input), stages, input, result);
    std::string why = result.refusal;
    for (const auto& [module, fault] : result.bad) why += (why.empty() ? "" : "\n") + fault;
    if (!why.empty()) refusals.emplace(group, why);
  }
  return refusals;
}

}  // namespace shoal::commands
