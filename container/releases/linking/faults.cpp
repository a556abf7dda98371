#include "releases/linking/faults.hpp"

#include <utility>

#include "elf/error.hpp"
#include "elf/loadable.hpp"
#include "releases/apps/bounds.hpp"

namespace shoal::releases {
namespace {

class FileCheck {
 public:
  explicit FileCheck(const FilesToCheck& asked) : asked_(asked) {}

  CheckedFiles run() {
    if (asked_.apps != nullptr) {
      if (auto fault = fault_of_members(asked_.group, asked_.files.size())) {
        result_.faults.push_back({{}, std::move(*fault)});
        return std::move(result_);
      }
    }
    for (const auto& [module, file] : asked_.files) check_file(module);
    for (const auto& module : asked_.handlers) check_handler(module);
    if (asked_.apps == nullptr) return std::move(result_);
    result_.links =
        links_of(result_.facts, asked_.files, *asked_.apps, asked_.label, result_.faults);
    if (result_.faults.empty()) find_names();
    return std::move(result_);
  }

 private:
  void check_file(const std::string& module) {
    look_at(module, [&](const FileBytes& file) {
      const auto facts = result_.facts.emplace(module, elf::read(file.bytes())).first;
      elf::require_loadable(facts->second);
    });
  }

  /// "Never worse": a page that was there must not become a 404 because a line was forgotten.
  void check_handler(const std::string& module) {
    const auto found = result_.facts.find(module);
    if (found == result_.facts.end() || found->second.handler) return;
    result_.faults.push_back(
        {module,
         {.thing = file_of(module).native(),
          .fact = "has no SHOAL_MODULE, yet the generation that serves has a handler of this name",
          .remedy = "add SHOAL_MODULE(Class), or remove the file before it becomes a library"}});
  }

  void find_names() {
    for (const auto& [module, links] : result_.links) {
      look_at(module, [&, &name = module, &labels = links.labels](const FileBytes& file) {
        result_.patches.emplace(name, elf::relabel(file.bytes(), labels));
      });
    }
    if (!result_.faults.empty()) result_.patches.clear();
  }

  /// Notes as a fault what is wrong with the file, or what `step` throws of it.
  template <typename Step>
  void look_at(const std::string& module, const Step& step) {
    try {
      step(asked_.read ? asked_.read(module) : FileBytes(file_of(module)));
    } catch (const FileError& error) {
      result_.faults.push_back({module, error.reason()});
    } catch (const elf::Error& error) {
      result_.faults.push_back({module, reason_of(error, module)});
    }
  }

  /// elf::Error says `fact; remedy`.
  base::Failure reason_of(const elf::Error& error, const std::string& module) const {
    const std::string text = error.what();
    const auto end = text.find("; ");
    return {.thing = file_of(module).native(),
            .fact = text.substr(0, end),
            .remedy = end == std::string::npos ? "" : text.substr(end + 2)};
  }

  const std::filesystem::path& file_of(const std::string& module) const {
    return asked_.files.find(module)->second.path;
  }

  const FilesToCheck& asked_;
  CheckedFiles result_;
};

}  // namespace

CheckedFiles check_files(const FilesToCheck& files) { return FileCheck(files).run(); }

}  // namespace shoal::releases
