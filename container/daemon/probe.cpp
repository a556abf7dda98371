#include "daemon/probe.hpp"

#include <spdlog/spdlog.h>
#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>

#include "daemon/assemble.hpp"
#include "daemon/probe_report.hpp"
#include "elf/error.hpp"
#include "elf/loadable.hpp"
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

std::string contents_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

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
      if (identity) bench.apps.files[name_in(folder, file)] = {file, *identity};
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

/// Prepares and tries one group, as the loader would; why it would be refused, or nothing.
std::string try_out(const modules::Order& order, modules::Stages& stages, const Bench& bench,
                    GroupReport& report) {
  try {
    const modules::Stage stage(stages, order.group, order.number, order.files);
    const modules::Prepared prepared = modules::prepare(stage, order);
    modules::Trial trial{order, stage.folder(), prepared.opening, {}};
    for (const auto& [module, config] : bench.settings.modules) {
      if (order.files.contains(module)) trial.configs.emplace(module, config);
    }
    report.verdict = probe_of(bench.settings.state).run(trial);
  } catch (const modules::FilesChanged& error) {
    return std::string(error.what()) + ": was written to meanwhile; try again";
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

FileReport look_at(const fs::path& file) {
  FileReport report{file.native(), {}, {}, {}};
  try {
    if (!fs::is_regular_file(file)) throw elf::Error("is no file; name a shared object");
    report.facts = elf::read(contents_of(file));
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
    if (!module && file.refusal.empty()) {
      file.refusal = path.native() + ": does not lie below " + bench.settings.apps.native() +
                     "; leave out -c, or drop it there";
    }
    const std::string name = words.config.empty() || !module
                                 ? std::string("probe")
                                 : bench.apps.grouping.of(*module).group;
    groups[name].files.push_back(std::move(file));
  }
  for (auto& [name, group] : groups) {
    const auto order = order_of(name, words.config.empty(), bench);
    if (!order.files.empty()) group.refusal = try_out(order, stages, bench, group);
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
    const std::string refusal = try_out(order_of(group, false, bench), stages, bench, report);
    if (!refusal.empty()) refusals.emplace(group, refusal);
  }
  return refusals;
}

modules::Probe probe_of(const settings::State& state) {
  return modules::Probe(
      {this_program(), kTrialCommand, state.path.native(), std::to_string(state.size)});
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
