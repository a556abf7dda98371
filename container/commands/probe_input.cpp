#include "commands/probe_input.hpp"

#include <stdlib.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>

#include "modules/faults.hpp"
#include "modules/load_error.hpp"
#include "modules/name.hpp"
#include "modules/scan.hpp"
#include "worker/from_settings.hpp"
#include "worker/probing.hpp"

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
    } else if (!modules::is_name_segment(std::string(1, c))) {
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
std::optional<Refusal> try_once(const modules::Order& order, modules::Stages& stages,
                                const ProbeInput& input, modules::Verdict& verdict) {
  try {
    const modules::Stage stage(stages, order.group, order.number, order.files);
    const modules::Prepared prepared = modules::prepare(stage, order);
    modules::Trial trial{order, stage.folder(), prepared.opening, {}};
    for (const auto& [module, config] : input.settings.modules) {
      if (order.files.contains(module)) trial.configs.emplace(module, config);
    }
    verdict = worker::probe_of(input.settings.state, "fix it").run(trial);
  } catch (const modules::FilesChanged& error) {
    return Refusal{std::string(error.what()) + ": changed while it was copied; try again", {}};
  } catch (const modules::LoadError& error) {
    return Refusal{error.what(), error.module()};
  } catch (const std::exception& error) {
    return Refusal{error.what(), {}};
  }
  return std::nullopt;
}

using AllLinks = std::map<std::string, modules::Links>;

/// Removes `bad` from the order, and all modules that need it, directly or not.
void leave_out(const std::string& bad, const AllLinks& links, modules::Order& order,
               GroupResult& result) {
  order.files.erase(bad);
  for (const auto& [asking, its] : links) {
    const auto file = order.files.find(asking);
    if (file == order.files.end() || !std::ranges::count(its.members, bad)) continue;
    result.untried[asking] =
        file->second.path.native() + ": not tried: it needs " + bad + ", which is bad";
    leave_out(asking, links, order, result);
  }
}

/// Adds the faults that reading the files has shown. Returns false if the group as a whole is at
/// fault.
bool add_faults(const std::vector<modules::Fault>& faults, GroupResult& result) {
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
  return {{settings.apps, modules::scan(settings.apps, [](const auto&) {}).files,
           worker::grouping_of(settings.groups)},
          settings};
}

ProbeInput ProbeInput::of(const std::vector<fs::path>& files) {
  ProbeInput input;
  const fs::path folder = common_folder(files);
  for (const auto& file : files) {
    const auto identity = modules::identity_of(file);
    const std::string name = name_in(folder, file);
    if (identity && name.size() <= modules::kLongestName)
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

modules::Order order_of(const std::string& group, bool all, const ProbeInput& input) {
  modules::Order order{group, 1, {}, std::make_shared<const modules::Apps>(input.apps), {}};
  for (const auto& [module, file] : input.apps.files) {
    if (all || input.apps.grouping.of(module).group == group) order.files.emplace(module, file);
  }
  return order;
}

void try_out(modules::Order order, modules::Stages& stages, const ProbeInput& input,
             GroupResult& result) {
  const auto checked =
      modules::check_files({.files = order.files, .group = order.group, .apps = order.apps.get()});
  if (!add_faults(checked.faults, result)) return;
  for (const auto& [module, why] : result.bad) leave_out(module, checked.links, order, result);
  while (!order.files.empty()) {
    const auto fault = try_once(order, stages, input, result.verdict);
    if (!fault) return;
    if (!order.files.contains(fault->module)) {
      result.refusal = fault->why;
      return;
    }
    result.bad[fault->module] = fault->why;
    leave_out(fault->module, checked.links, order, result);
  }
}

}  // namespace shoal::commands
