#include "daemon/probe.hpp"

#include <spdlog/spdlog.h>
#include <stdlib.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <optional>

#include "daemon/assemble.hpp"
#include "daemon/probe_report.hpp"
#include "elf/error.hpp"
#include "elf/loadable.hpp"
#include "modules/file_bytes.hpp"
#include "modules/load_error.hpp"
#include "modules/name.hpp"
#include "modules/scan.hpp"
#include "state/store.hpp"

namespace shoal::daemon {
namespace {

namespace fs = std::filesystem;

/// A folder for the stages of one run, removed with all that is in it.
class Workshop {
 public:
  Workshop() {
    std::string name = (fs::temp_directory_path() / "shoal-probe.XXXXXX").native();
    if (::mkdtemp(name.data()) == nullptr) {
      throw std::runtime_error(name + ": cannot be made; set TMPDIR to a folder that allows it");
    }
    folder_ = name;
  }
  ~Workshop() {
    std::error_code none;
    fs::remove_all(folder_, none);
  }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  const fs::path& folder() const { return folder_; }

 private:
  fs::path folder_;
};

/// What the files are tried with: a configuration, or nothing but each other.
struct Bench {
  modules::Apps apps;
  settings::Settings settings;
};

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

Bench bench_of(const ProbeWords& words, const std::vector<fs::path>& files) {
  Bench bench;
  if (words.config.empty()) {
    const fs::path folder = common_folder(files);
    for (const auto& file : files) {
      const auto identity = modules::identity_of(file);
      const std::string name = name_in(folder, file);
      if (identity && name.size() <= modules::kLongestName)
        bench.apps.files[name] = {file, *identity};
    }
    return bench;
  }
  bench.settings = settings::read(words.config);
  bench.apps = {bench.settings.apps, modules::scan(bench.settings.apps, [](const auto&) {}).files,
                grouping_of(bench.settings.groups)};
  return bench;
}

/// The group that a file is tried with; none when the file is not among the modules of the bench.
std::optional<std::string> module_of(const fs::path& file, const Bench& bench) {
  std::error_code none;
  for (const auto& [module, known] : bench.apps.files) {
    if (fs::equivalent(known.path, file, none)) return module;
  }
  return std::nullopt;
}

modules::Order order_of(const std::string& group, bool all, const Bench& bench) {
  modules::Order order{group, 1, {}, std::make_shared<const modules::Apps>(bench.apps), {}};
  for (const auto& [module, file] : bench.apps.files) {
    if (all || bench.apps.grouping.of(module).group == group) order.files.emplace(module, file);
  }
  return order;
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
    verdict = probe_of(bench.settings.state, "fix it").run(trial);
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

/// What the others are like is only seen without the ones that are at fault.
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

FileReport look_at(const fs::path& file) {
  FileReport report{file.native(), {}, {}, {}};
  try {
    report.facts = modules::facts_of(file);
    elf::require_loadable(*report.facts);
  } catch (const std::exception& error) {
    report.refusal = file.native() + ": " + error.what();
  }
  return report;
}

/// What runs this program again. /proc/self/exe is right even after an upgrade has replaced the
/// file. Under valgrind it is valgrind itself, and only the link's text leads to this program.
std::string this_program() {
  const char* const self = "/proc/self/exe";
  std::error_code none;
  const fs::path named = fs::read_symlink(self, none);
  const bool is_another = fs::exists(named, none) && !fs::equivalent(self, named, none);
  return is_another ? named.native() : self;
}

/// Why a file is no module of the bench.
std::string why_unknown(const fs::path& file, const ProbeWords& words, const Bench& bench) {
  const fs::path& apps = bench.settings.apps;
  if (words.config.empty() || modules::is_too_long(file.lexically_relative(apps))) {
    return file.native() + ": " + modules::kTooLongName;
  }
  return file.native() + ": does not lie below " + apps.native() +
         "; leave out -c, or drop it there";
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

int probe(const ProbeWords& words) {
  std::vector<fs::path> files;
  for (const auto& file : words.files) files.push_back(fs::absolute(file).lexically_normal());
  Bench bench = bench_of(words, files);
  const Workshop workshop;
  if (words.config.empty()) bench.settings.state.path = workshop.folder() / "state";
  modules::Stages stages(workshop.folder());

  std::map<std::string, GroupReport> groups;
  for (const auto& path : files) {
    FileReport file = look_at(path);
    const auto module = module_of(path, bench);
    if (module) file.module = *module;
    if (!module && file.refusal.empty()) file.refusal = why_unknown(path, words, bench);
    const std::string name = words.config.empty() || !module
                                 ? std::string("probe")
                                 : bench.apps.grouping.of(*module).group;
    groups[name].files.push_back(std::move(file));
  }
  for (auto& [name, group] : groups) {
    try_out(order_of(name, words.config.empty(), bench), stages, bench, group);
    judge(group, bench);
  }
  return print(groups, words.json, std::cout) ? 0 : 1;
}

std::map<std::string, std::string> probe_groups(const settings::Settings& settings,
                                                const std::set<std::string>& groups) {
  const Bench bench{{settings.apps, modules::scan(settings.apps, [](const auto&) {}).files,
                     grouping_of(settings.groups)},
                    settings};
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

modules::Probe probe_of(const settings::State& state, const std::string& remedy) {
  return {{this_program(), kTrialCommand, state.path.native(), std::to_string(state.size)}, remedy};
}

int run_trial(const TrialWords& words) {
  spdlog::set_level(spdlog::level::off);  // a module's own lines belong to when it counts
  std::optional<state::Store> store;
  return modules::probe_main([&](const std::string& group) {
    if (!store)
      store.emplace(state::Options{.path = words.state, .size = words.size, .read_only = true});
    return store->of(group);
  });
}

}  // namespace shoal::daemon
