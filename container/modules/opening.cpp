#include "modules/opening.hpp"

#include <dlfcn.h>

#include <atomic>
#include <utility>

#include "elf/stub.hpp"
#include "modules/faults.hpp"
#include "modules/load_error.hpp"
#include "modules/missing.hpp"

namespace shoal::modules {
namespace {

/// A text of a few letters that no other generation of this process gets: the dynamic linker knows
/// but one list of names.
std::string new_label() {
  static std::atomic<unsigned> count{0};
  return "~" + std::to_string(++count);
}

Root make_root(const std::string& module, const std::vector<std::string>& bases, const Stage& stage,
               const Facts& facts) {
  Root root{module, stage.file(module), {}, facts.at(module).handler};
  std::vector<std::string> files;
  for (const auto& base : bases) files.push_back(stage.file(base).native());
  if (files.empty()) return root;
  files.push_back(root.file.native());
  root.stub = stage.write(module + ".stub", elf::stub(files, new_label()));
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

}  // namespace

Prepared prepare(const Stage& stage, const Order& order) {
  CheckedFiles checked =
      check_files({.files = order.files,
                   .read = [&stage](const std::string& module) { return stage.read(module); },
                   .group = order.group,
                   .apps = order.apps.get(),
                   .handlers = order.handlers,
                   .label = new_label()});
  if (!checked.faults.empty()) {
    const Fault& first = checked.faults.front();
    throw LoadError(first.text(), first.module);
  }
  for (const auto& [module, patches] : checked.patches) stage.patch(module, patches);
  const auto& links = checked.links;
  Prepared prepared{{}, std::move(checked.facts)};

  std::set<std::string> opened;  // by a root before, on the way to it
  std::set<Outside> wanted;
  const auto add = [&](const std::string& module) {
    const auto bases = bases_around(module, links);
    opened.insert(bases.begin(), bases.end());
    opened.insert(module);
    prepared.opening.roots.push_back(make_root(module, bases, stage, prepared.facts));
  };
  const auto order_of_all = order_of_opening(links);
  for (const auto& module : order_of_all) {
    for (const auto& library : links.at(module).outside) {
      if (!wanted.insert(library).second) continue;
      prepared.opening.outside.push_back(
          {library, module, remedy_for(library, module, *order.apps)});
    }
    if (prepared.facts.at(module).handler) add(module);
  }
  for (const auto& module : order_of_all) {
    if (!opened.contains(module)) add(module);
  }
  return prepared;
}

}  // namespace shoal::modules
