#include "commands/probe_input.hpp"

#include <stdlib.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>

#include "deployer/from_settings.hpp"
#include "releases/apps/name.hpp"
#include "releases/apps/scan.hpp"
#include "releases/linking/faults.hpp"
#include "releases/linking/load_error.hpp"

namespace shoal::commands {
namespace {

namespace fs = std::filesystem;

fs::path common_folder(const std::vector<fs::path>& files) {
  fs::path common = files.front().parent_path();
  for (const auto& file : files) {
    while (std::ranges::mismatch(common, file).in1 != common.end()) common = common.parent_path();
  }
  return common;
}

/// Returns a module name for a file outside the apps folder.
std::string name_in(const fs::path& folder, const fs::path& file) {
  std::string name = file.lexically_relative(folder).replace_extension().native();
  for (char& c : name) {
    if (c == '/') {
      c = '.';
    } else if (!releases::is_name_segment(std::string(1, c))) {
      c = '_';
    }
  }
  return name;
}

/// Why a group would be refused. `module` is empty when no single module is at fault.
struct Refusal {
  std::string why;
  std::string module;
};

/// Prepares and tries one group, as the loader would. Returns nullopt if it would be loaded.
std::optional<Refusal> try_once(const releases::Members& members, releases::Stages& stages,
                                const ProbeInput& input, releases::Behaviour& behaviour) {
  try {
    const releases::Stage stage(stages, members.group, 1, members.files);
    releases::Trial trial{.staged = releases::prepare(stage, members, "~1"), .configs = {}};
    trial.staged.number = 1;
    for (const auto& [module, config] : input.settings.modules) {
      if (members.files.contains(module)) trial.configs.emplace(module, config);
    }
    behaviour = deployer::probe_of(input.settings.state, "fix it").run(trial);
  } catch (const releases::FilesChanged& error) {
    return Refusal{std::string(error.what()) + ": changed while it was copied; try again", {}};
  } catch (const releases::LoadError& error) {
    return Refusal{error.what(), error.module()};
  } catch (const std::exception& error) {
    return Refusal{error.what(), {}};
  }
  return std::nullopt;
}

using AllLinks = std::map<std::string, releases::Links>;

/// Removes `bad` from the members, and all modules that need it, directly or not.
void leave_out(const std::string& bad, const AllLinks& links, releases::Members& members,
               GroupResult& result) {
  members.files.erase(bad);
  for (const auto& [asking, its] : links) {
    const auto file = members.files.find(asking);
    if (file == members.files.end() || !std::ranges::count(its.members, bad)) continue;
    result.untried[asking] =
        file->second.path.native() + ": not tried: it needs " + bad + ", which is bad";
    leave_out(asking, links, members, result);
  }
}

/// Adds the faults that reading the files has shown. Returns false if the group as a whole is at
/// fault.
bool add_faults(const std::vector<releases::Fault>& faults, GroupResult& result) {
  for (const auto& fault : faults) {
    if (fault.module.empty()) {
      result.refusal = fault.text();
      return false;
    }
    result.bad.emplace(fault.module, fault.text());
  }
  return true;
}

}  // namespace

ProbeInput ProbeInput::of(const settings::Settings& settings) {
  return {{settings.apps, releases::scan(settings.apps, [](const auto&) {}).files,
           deployer::grouping_of(settings.groups)},
          settings};
}

ProbeInput ProbeInput::of(const std::vector<fs::path>& files) {
  ProbeInput input;
  const fs::path folder = common_folder(files);
  for (const auto& file : files) {
    const auto identity = releases::identity_of(file);
    const std::string name = name_in(folder, file);
    if (identity && name.size() <= releases::kLongestName)
      input.apps.files[name] = {file, *identity};
  }
  return input;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "shoal-probe.XXXXXX").native();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::runtime_error(
        name + ": cannot be created; set TMPDIR to a folder where this user may write");
  }
  folder_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

releases::Members members_of(const std::string& group, bool all, const ProbeInput& input) {
  releases::Members members{
      .group = group, .files = {}, .apps = std::make_shared<const releases::Apps>(input.apps)};
  for (const auto& [module, file] : input.apps.files) {
    if (all || input.apps.grouping.of(module).group == group) members.files.emplace(module, file);
  }
  return members;
}

void try_out(releases::Members members, releases::Stages& stages, const ProbeInput& input,
             GroupResult& result) {
  const auto checked = releases::check_files(
      {.files = members.files, .group = members.group, .apps = members.apps.get()});
  if (!add_faults(checked.faults, result)) return;
  for (const auto& [module, why] : result.bad) leave_out(module, checked.links, members, result);
  while (!members.files.empty()) {
    const auto fault = try_once(members, stages, input, result.behaviour);
    if (!fault) return;
    if (!members.files.contains(fault->module)) {
      result.refusal = fault->why;
      return;
    }
    result.bad[fault->module] = fault->why;
    leave_out(fault->module, checked.links, members, result);
  }
}

}  // namespace shoal::commands
