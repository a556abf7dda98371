#include "commands/probe_input.hpp"

#include <stdlib.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>

#include "elf/error.hpp"
#include "modules/file_bytes.hpp"
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
struct Fault {
  std::string why;
  std::string module;
};

/// Prepares and tries one group, as the loader would. None when it would be loaded.
std::optional<Fault> try_once(const modules::Order& order, modules::Stages& stages,
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
    return Fault{std::string(error.what()) + ": was written to meanwhile; try again", {}};
  } catch (const modules::LoadError& error) {
    return Fault{error.what(), error.module()};
  } catch (const std::exception& error) {
    return Fault{error.what(), {}};
  }
  return std::nullopt;
}

/// What a module asks the dynamic linker for, and what it answers to; empty when it does not tell.
elf::Facts facts_if_any(const fs::path& file) {
  try {
    return modules::facts_of(file);
  } catch (const elf::Error&) {
    return {};
  }
}

/// Takes `bad` out of the order, and all that is linked to it, directly or not.
void leave_out(const std::string& bad, modules::Order& order, GroupReport& report) {
  const auto file = order.files.find(bad);
  const fs::path path = file->second.path;
  const std::string soname = facts_if_any(path).soname;
  order.files.erase(file);
  std::vector<std::string> asking;
  for (const auto& [module, other] : order.files) {
    for (const auto& needed : facts_if_any(other.path).needed) {
      const bool meant = needed == "$ORIGIN/" + bad + ".so" ||
                         (!soname.empty() && needed == soname) ||
                         fs::path(needed).filename() == path.filename();
      if (!meant) continue;
      asking.push_back(module);
      break;
    }
  }
  for (const auto& module : asking) {
    if (!order.files.contains(module)) continue;
    report.untried[module] = order.files.find(module)->second.path.native() +
                             ": not tried: it needs " + bad + ", which is not good";
    leave_out(module, order, report);
  }
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
  while (!order.files.empty()) {
    const auto fault = try_once(order, stages, bench, report.verdict);
    if (!fault) return;
    if (!order.files.contains(fault->module)) {
      report.refusal = fault->why;
      return;
    }
    report.bad[fault->module] = fault->why;
    leave_out(fault->module, order, report);
  }
}

}  // namespace shoal::commands
