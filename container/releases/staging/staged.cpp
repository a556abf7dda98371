#include "releases/staging/staged.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "base/failure.hpp"
#include "base/files.hpp"
#include "releases/staging/stage.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kDescription = ".generation";  // no module has a name that begins with a dot

json modules_of(const Staged& staged) {
  json modules = json::array();
  for (const auto& it : staged.modules) {
    modules.push_back({it.module, it.path.native(), it.build_id, it.handler, it.thread_locals});
  }
  return modules;
}

json outside_of(const Staged& staged) {
  json outside = json::array();
  for (const auto& [library, asking, remedy] : staged.outside) {
    outside.push_back({library.name, library.file.native(), asking, remedy});
  }
  return outside;
}

json roots_of(const Staged& staged) {
  json roots = json::array();
  for (const auto& root : staged.roots) {
    roots.push_back({root.module, root.file.native(), root.stub.native(), root.handler});
  }
  return roots;
}

fs::path path_in(const json& text) { return text.get<std::string>(); }

}  // namespace

const fs::path& Staged::path_of(const std::string& module) const {
  return std::ranges::find(modules, module, &StagedModule::module)->path;
}

std::string text_of(const Staged& staged) {
  std::string text;
  json::to_cbor(json{{"group", staged.group},
                     {"number", staged.number},
                     {"note", staged.note},
                     {"stage", staged.stage.native()},
                     {"modules", modules_of(staged)},
                     {"outside", outside_of(staged)},
                     {"roots", roots_of(staged)}},
                text);
  return text;
}

Staged staged_of(const std::string& text) {
  const json all = json::from_cbor(text);
  Staged staged{.group = all.at("group"),
                .number = all.at("number"),
                .note = all.at("note"),
                .stage = path_in(all.at("stage")),
                .modules = {},
                .outside = {},
                .roots = {}};
  for (const auto& it : all.at("modules")) {
    staged.modules.push_back({it.at(0), path_in(it.at(1)), it.at(2), it.at(3), it.at(4)});
  }
  for (const auto& it : all.at("outside")) {
    staged.outside.push_back(
        {{it.at(0).get<std::string>(), path_in(it.at(1))}, it.at(2), it.at(3)});
  }
  for (const auto& it : all.at("roots")) {
    staged.roots.push_back({it.at(0), path_in(it.at(1)), path_in(it.at(2)), it.at(3)});
  }
  return staged;
}

void describe(const Staged& staged) {
  static_cast<void>(Stage(staged.stage).write(kDescription, text_of(staged)));
}

Staged described_in(const fs::path& stage) {
  const fs::path file = stage / kDescription;
  const auto text = base::read_whole(file);
  try {
    if (text) return staged_of(*text);
  } catch (const json::exception&) {
    // Said below.
  }
  base::fail({.thing = file.native(),
              .fact = "cannot be read as the description of a stage",
              .remedy = "do not change what lies in the run folder; drop the modules again"});
}

}  // namespace shoal::releases
