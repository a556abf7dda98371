#include <dlfcn.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <set>

#include "base/failure.hpp"
#include "commands/commands.hpp"
#include "commands/probe_input.hpp"
#include "deployer/from_settings.hpp"
#include "deployer/unmatched_names.hpp"
#include "releases/apps/scan.hpp"
#include "releases/linking/faults.hpp"
#include "releases/linking/missing.hpp"
#include "settings/units.hpp"
#include "shoal/host/config_node.hpp"

namespace shoal::commands {
namespace {

struct Members {
  bool swept = true;
  std::vector<std::string> modules;
};

std::string name_of(const settings::Listen& listen) {
  using Kind = settings::Listen::Kind;
  if (listen.kind == Kind::kUnix) return "unix:" + listen.path.native();
  if (listen.kind == Kind::kSystemd) return "systemd";
  if (listen.kind == Kind::kDescriptor) return "fd:" + std::to_string(listen.descriptor);
  const bool bracketed = listen.host.find(':') != std::string::npos;
  return (bracketed ? "[" + listen.host + "]" : listen.host) + ":" + std::to_string(listen.port);
}

void print(const settings::Settings& settings, const releases::Files& files) {
  std::map<std::string, Members> groups;
  const releases::Grouping grouping = deployer::grouping_of(settings.groups);
  for (const auto& [module, file] : files) {
    const auto membership = grouping.of(module);
    Members& members = groups[membership.group];
    members.swept = membership.swept;
    members.modules.push_back(module);
  }
  for (const auto& listen : settings.listen) std::cout << "listen  " << name_of(listen) << '\n';
  if (settings.health) std::cout << "health  " << name_of(settings.health->socket) << '\n';
  std::cout << "history keep " << settings.history.keep << ", size "
            << settings::to_text(settings.history.size) << '\n';
  if (!settings.control.group.empty()) std::cout << "control " << settings.control.group << '\n';
  for (const auto& route : settings.routes) {
    std::cout << "route   " << route.prefix << " -> " << route.target << '\n';
  }
  for (const auto& [group, members] : groups) {
    std::cout << (members.swept ? "group   " : "pinned  ") << group << ':';
    for (const auto& module : members.modules) std::cout << ' ' << module;
    std::cout << '\n';
  }
}

/// Returns why the dynamic linker cannot load the library by itself, in its own words; empty when
/// it can.
std::string why_not_loaded(const std::string& library) {
  static std::map<std::string, std::string> known;
  const auto [entry, is_new] = known.try_emplace(library);
  if (is_new && ::dlopen(library.c_str(), RTLD_LAZY | RTLD_LOCAL) == nullptr) {
    entry->second = ::dlerror();
  }
  return entry->second;
}

/// Adds the libraries that `module` needs from outside its group and that cannot be loaded.
void add_missing(const std::string& module, const releases::Links& links,
                 const releases::Apps& apps, std::vector<std::string>& faults) {
  for (const auto& library : links.outside) {
    if (!library.file.empty()) continue;
    const std::string why = why_not_loaded(library.name);
    if (why.empty()) continue;
    const auto& file = apps.files.find(module)->second.path;
    const auto remedy = releases::remedy_for_missing(library.name, module, apps);
    faults.push_back(releases::fault_of_missing(module, file, library.name, why, remedy).text());
  }
}

/// Adds the faults that keep a group from being loaded, found by reading its files.
void add_faults_of(const std::string& group, const releases::Apps& apps,
                   std::vector<std::string>& faults) {
  releases::Files files;
  for (const auto& [module, file] : apps.files) {
    if (apps.grouping.of(module).group == group) files.emplace(module, file);
  }
  const auto checked =
      releases::check_files({.files = std::move(files), .group = group, .apps = &apps});
  std::set<std::string> bad;
  for (const auto& fault : checked.faults) {
    faults.push_back(fault.text());
    bad.insert(fault.module);
  }
  // The libraries of a bad module are not opened: that of another sanitizer would end this process.
  for (const auto& [module, links] : checked.links) {
    if (!bad.contains(module)) add_missing(module, links, apps, faults);
  }
}

/// Returns where the settings begin: `shoal.yaml:12: modules.hello`. Empty if there are no
/// settings.
std::string place_of(const Config& config) { return config.node() ? config.node()->where : ""; }

/// Puts the place of a module's settings before a message of its constructor, unless the message
/// has a place in the configuration already.
std::string with_place(const std::string& refusal, const settings::Settings& settings,
                       const releases::Apps& apps) {
  for (const auto& [module, file] : apps.files) {
    const auto config = settings.modules.find(module);
    if (config == settings.modules.end() || !refusal.starts_with(file.path.native() + ": ")) {
      continue;
    }
    const std::string place = place_of(config->second);
    const bool is_told = refusal.find(": modules." + module) != std::string::npos;
    return place.empty() || is_told ? refusal : place + ": " + refusal;
  }
  return refusal;
}

std::vector<std::string> faults_of(const settings::Settings& settings, const releases::Apps& apps,
                                   bool probe) {
  std::set<std::string> groups;
  for (const auto& [module, file] : apps.files) groups.insert(apps.grouping.of(module).group);
  std::set<std::string> good;
  std::vector<std::string> faults;
  for (const auto& group : groups) {
    const std::size_t before = faults.size();
    add_faults_of(group, apps, faults);
    if (faults.size() == before) good.insert(group);
  }
  if (!probe) return faults;
  for (const auto& [group, refusal] : probe_groups(settings, good)) {
    faults.push_back(with_place(refusal, settings, apps));
  }
  return faults;
}

}  // namespace

int check(const settings::Settings& settings, bool probe) {
  const releases::Scan found = releases::scan(settings.apps, [](const auto&) {});
  if (found.lost) {
    base::fail({.thing = "apps: " + settings.apps.native(),
                .fact = "cannot be read",
                .error = found.lost.value(),
                .remedy = "create the folder, or name another under \"apps\""});
  }
  std::vector<std::string> names;
  for (const auto& [module, file] : found.files) names.push_back(module);

  print(settings, found.files);
  for (const auto& problem : found.problems) std::cerr << "warning: " << problem << '\n';
  auto errors = deployer::unmatched_names(settings, names);
  const releases::Apps apps{settings.apps, found.files, deployer::grouping_of(settings.groups)};
  for (auto& fault : faults_of(settings, apps, probe)) {
    errors.push_back(std::move(fault));
  }
  for (const auto& error : errors) std::cerr << error << '\n';
  return errors.empty() ? 0 : 1;
}

}  // namespace shoal::commands
