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

/// A name for a file that lies anywhere.
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

/// Why a group would be refused; `module` is empty when no single one is at fault.
struct Refusal {
  std::string why;
  std::string module;
};

/// Prepares and tries one group, as the loader would. None when it would be loaded.
std::optional<Refusal> try_once(const modules::Order& order, modules::Stages& stages,
                                const Bench& bench, modules::Verdict& verdict) {
  try {
    const modules::Stage stage(stages, order.group, order.number, order.files);
    const modules::Prepared prepared = modules::prepare(stage, order);
    modules::Trial trial{order, stage.folder(), prepared.opening, {}};
    for (const auto& [module, config] : bench.settings.modules) {
      if (order.files.contains(module)) trial.configs.emplace(module, config);
    }
    verdict = worker::probe_of(bench.settings.state, "fix it").run(trial);
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

/// Takes `bad` out of the order, and all that is linked to it, directly or not.
void leave_out(const std::string& bad, const AllLinks& links, modules::Order& order,
               GroupReport& report) {
  order.files.erase(bad);
  for (const auto& [asking, its] : links) {
    const auto file = order.files.find(asking);
    if (file == order.files.end() || !std::ranges::count(its.members, bad)) continue;
    report.untried[asking] =
        file->second.path.native() + ": not tried: it needs " + bad + ", which is not good";
    leave_out(asking, links, order, report);
  }
}

/// Reports what is wrong with the files alone. Returns false if that is wrong with the group as a
/// whole.
bool report_faults(const std::vector<modules::Fault>& faults, GroupReport& report) {
  for (const auto& fault : faults) {
    if (fault.module.empty()) {
      report.refusal = fault.text();
      return false;
    }
    report.bad.emplace(fault.module, fault.text());
  }
  return true;
}

}  // namespace

Bench Bench::of(const settings::Settings& settings) {
  return {{settings.apps, modules::scan(settings.apps, [](const auto&) {}).files,
           worker::grouping_of(settings.groups)},
          settings};
}

Bench Bench::of(const std::vector<fs::path>& files) {
  Bench bench;
  const fs::path folder = common_folder(files);
  for (const auto& file : files) {
    const auto identity = modules::identity_of(file);
    const std::string name = name_in(folder, file);
    if (identity && name.size() <= modules::kLongestName)
      bench.apps.files[name] = {file, *identity};
  }
  return bench;
}

Workshop::Workshop() {
  std::string name = (fs::temp_directory_path() / "shoal-probe.XXXXXX").native();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::runtime_error(name + ": cannot be made; set TMPDIR to a folder that allows it");
  }
  folder_ = name;
}

Workshop::~Workshop() {
  std::error_code none;
  fs::remove_all(folder_, none);
}

modules::Order order_of(const std::string& group, bool all, const Bench& bench) {
  modules::Order order{group, 1, {}, std::make_shared<const modules::Apps>(bench.apps), {}};
  for (const auto& [module, file] : bench.apps.files) {
    if (all || bench.apps.grouping.of(module).group == group) order.files.emplace(module, file);
  }
  return order;
}

void try_out(modules::Order order, modules::Stages& stages, const Bench& bench,
             GroupReport& report) {
  const auto checked =
      modules::check_files({.files = order.files, .group = order.group, .apps = order.apps.get()});
  if (!report_faults(checked.faults, report)) return;
  for (const auto& [module, why] : report.bad) leave_out(module, checked.links, order, report);
  while (!order.files.empty()) {
    const auto fault = try_once(order, stages, bench, report.verdict);
    if (!fault) return;
    if (!order.files.contains(fault->module)) {
      report.refusal = fault->why;
      return;
    }
    report.bad[fault->module] = fault->why;
    leave_out(fault->module, checked.links, order, report);
  }
}

}  // namespace shoal::commands
