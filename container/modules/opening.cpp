#include "modules/opening.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <atomic>

#include "elf/error.hpp"
#include "elf/loadable.hpp"
#include "elf/stub.hpp"
#include "modules/load_error.hpp"
#include "modules/missing.hpp"

namespace shoal::modules {
namespace {

const File& file_of(const std::string& module, const Order& order) {
  return order.files.find(module)->second;
}

/// A text of a few letters that no other generation of this process gets: the dynamic linker knows
/// but one list of names.
std::string new_label() {
  static std::atomic<unsigned> count{0};
  return "~" + std::to_string(++count);
}

/// Runs `step` for one module and puts its file's name before what it throws.
template <typename Step>
auto naming(const std::string& module, const File& file, const Step& step) {
  try {
    return step();
  } catch (const elf::Error& error) {
    throw LoadError(file.path.native() + ": " + error.what(), module);
  }
}

Facts verify(const Stage& stage, const Order& order) {
  Facts facts;
  for (const auto& [module, file] : order.files) {
    const Stage::Contents contents = stage.read(module);
    naming(module, file, [&, &name = module] {
      const auto& read = facts.emplace(name, elf::read(contents.bytes())).first->second;
      elf::require_loadable(read);
    });
  }
  return facts;
}

/// "Never worse": a page that was there must not become a 404 because a line was forgotten.
void require_handlers(const Facts& facts, const Order& order) {
  for (const auto& module : order.handlers) {
    const auto found = facts.find(module);
    if (found == facts.end() || found->second.handler) continue;
    throw LoadError(
        file_of(module, order).path.native() +
            ": has no SHOAL_MODULE, yet the generation that serves has a handler of this "
            "name; add SHOAL_MODULE(Class), or remove the file before it becomes a library",
        module);
  }
}

void relabel(const Stage& stage, const Order& order, const std::map<std::string, Links>& links) {
  for (const auto& [module, file] : order.files) {
    const Stage::Contents contents = stage.read(module);
    stage.patch(module, naming(module, file, [&, &name = module] {
                  return elf::relabel(contents.bytes(), links.at(name).labels);
                }));
  }
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
  Prepared prepared{{}, verify(stage, order)};
  require_handlers(prepared.facts, order);
  const auto links = links_of(prepared.facts, order.files, *order.apps, new_label());
  relabel(stage, order, links);

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
