#include "modules/generation.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include "modules/elf.hpp"
#include "modules/load_error.hpp"

namespace shoal::modules {
namespace {

constexpr std::string_view kOrigin = "$ORIGIN/";

using Needs = std::map<std::string, std::vector<std::string>>;  // module -> modules it is linked to

/// How a member of the group must be asked for, so that the linker takes the copy in the same
/// stage.
std::string soname_of(const std::string& module) { return std::string(kOrigin) + module + ".so"; }

/// Which member of the group `needed` asks for; none when it is a library of the system. Throws
/// when the name would be the same in every generation: the linker would mix them.
const std::string* member_asked_for(const std::string& needed, const std::string& shown,
                                    const Files& files, const std::map<std::string, Elf>& elves) {
  for (const auto& [module, file] : files) {
    if (needed == soname_of(module)) return &module;
  }
  const bool in_stage = needed.starts_with(kOrigin);
  const std::string bare = needed.substr(needed.rfind('/') + 1);
  for (const auto& [module, file] : files) {
    const std::string& soname = elves.at(module).soname;
    const bool meant =
        (!soname.empty() && needed == soname) || (!in_stage && bare == file.path.filename());
    if (!meant) continue;
    throw LoadError(shown + ": asks for " + needed + ", a name that all generations of " + module +
                    " share; build " + file.path.native() +
                    " with shoal_add_library, or link it with -Wl,-soname,'" + soname_of(module) +
                    "', and link this one again");
  }
  if (!in_stage) return nullptr;
  throw LoadError(shown + ": needs " + needed.substr(kOrigin.size()) +
                  ", which is not in its group; drop it too, or put both types into one group");
}

Needs needs_of(const Stage& stage, const Files& files) {
  std::map<std::string, Elf> elves;
  for (const auto& [module, file] : files) {
    elves.emplace(module, read_elf(stage.file(module), file.path));
  }
  Needs needs;
  for (const auto& [module, elf] : elves) {
    for (const auto& needed : elf.needed) {
      const auto* member = member_asked_for(needed, files.at(module).path.native(), files, elves);
      if (member != nullptr) needs[module].push_back(*member);
    }
  }
  return needs;
}

}  // namespace

std::vector<std::string> order_of_opening(const Stage& stage, const Files& files) {
  const Needs needs = needs_of(stage, files);
  std::vector<std::string> order;
  std::set<std::string> met;
  const std::function<void(const std::string&)> visit = [&](const std::string& module) {
    if (!met.insert(module).second) return;
    if (const auto linked = needs.find(module); linked != needs.end()) {
      std::ranges::for_each(linked->second, visit);
    }
    order.push_back(module);
  };
  for (const auto& [module, file] : files) visit(module);
  return order;
}

Generation::Generation(std::string group, unsigned long number, Files files, Stages& stages,
                       const Configs& configs)
    : group_(std::move(group)),
      number_(number),
      label_(group_ + "/" + std::to_string(number)),
      files_(std::move(files)),
      stage_(stages, group_, files_) {
  open();
  make_handlers(configs);
}

void Generation::open() {
  for (const auto& module : order_of_opening(stage_, files_)) {
    libraries_.emplace(module, Library(stage_.file(module), files_.at(module).path));
  }
}

void Generation::make_handlers(const Configs& configs) {
  for (const auto& [module, library] : libraries_) {
    if (!library.has_handler()) continue;
    const auto config = configs.find(module);
    auto& context = contexts_[module];
    context = std::make_unique<ModuleContext>(module, group_, number_,
                                              config == configs.end() ? Config() : config->second);
    handlers_[module] = library.make_handler(*context);
    context->report_unused_settings();
  }
}

}  // namespace shoal::modules
