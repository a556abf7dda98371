#include "releases/staging/prepare.hpp"

#include <dlfcn.h>

#include <utility>

#include "elf/stub.hpp"
#include "releases/linking/faults.hpp"
#include "releases/linking/load_error.hpp"
#include "releases/linking/missing.hpp"

namespace shoal::releases {
namespace {

Root make_root(const std::string& module, const std::vector<std::string>& bases, const Stage& stage,
               const Facts& facts, const std::string& label) {
  Root root{module, stage.file(module), {}, facts.at(module).handler};
  std::vector<std::string> files;
  for (const auto& base : bases) files.push_back(stage.file(base).native());
  if (files.empty()) return root;
  files.push_back(root.file.native());
  root.stub = stage.write(module + ".stub", elf::stub(files, label));
  return root;
}

/// Not asked of what is loaded already, for it reads the file of every module.
std::string remedy_for(const Outside& library, const std::string& asking, const Apps& apps) {
  if (!library.file.empty()) return kInstall;
  if (void* const loaded = ::dlopen(library.name.c_str(), RTLD_LAZY | RTLD_NOLOAD)) {
    ::dlclose(loaded);
    return kInstall;
  }
  return remedy_for_missing(library.name, asking, apps);
}

/// Returns what the file of each module says.
std::vector<StagedModule> modules_of(const Facts& facts, const Files& files) {
  std::vector<StagedModule> modules;
  for (const auto& [module, file] : facts) {
    modules.push_back({module, files.find(module)->second.path, file.build_id, file.handler,
                       file.thread_local_destructors});
  }
  return modules;
}

/// Checks the copies, and writes their new names into them. Throws LoadError.
CheckedFiles check_and_relabel(const Stage& stage, const Members& members,
                               const std::string& label) {
  CheckedFiles checked =
      check_files({.files = members.files,
                   .read = [&stage](const std::string& module) { return stage.read(module); },
                   .group = members.group,
                   .apps = members.apps.get(),
                   .handlers = members.handlers,
                   .label = label});
  if (!checked.faults.empty()) {
    const Fault& first = checked.faults.front();
    throw LoadError(first.text(), first.module);
  }
  for (const auto& [module, patches] : checked.patches) stage.patch(module, patches);
  return checked;
}

}  // namespace

Staged prepare(const Stage& stage, const Members& members, const std::string& label) {
  const CheckedFiles checked = check_and_relabel(stage, members, label);
  const auto& links = checked.links;
  Staged staged{.group = members.group,
                .note = {},
                .stage = stage.folder(),
                .modules = modules_of(checked.facts, members.files),
                .outside = {},
                .roots = {}};
  std::set<std::string> opened;  // by a root before, on the way to it
  std::set<Outside> wanted;
  const auto add = [&](const std::string& module) {
    const auto bases = bases_around(module, links);
    opened.insert(bases.begin(), bases.end());
    opened.insert(module);
    staged.roots.push_back(make_root(module, bases, stage, checked.facts,
                                     label + ".s" + std::to_string(staged.roots.size())));
  };
  const auto order_of_all = order_of_opening(links);
  for (const auto& module : order_of_all) {
    for (const auto& library : links.at(module).outside) {
      if (!wanted.insert(library).second) continue;
      staged.outside.push_back({library, module, remedy_for(library, module, *members.apps)});
    }
    if (checked.facts.at(module).handler) add(module);
  }
  for (const auto& module : order_of_all) {
    if (!opened.contains(module)) add(module);
  }
  return staged;
}

}  // namespace shoal::releases
