#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "modules/context.hpp"
#include "modules/identity.hpp"
#include "modules/library.hpp"
#include "modules/stage.hpp"

namespace shoal::modules {

/// Module name -> what conf/shoal.yaml hands it.
using Configs = std::map<std::string, Config>;

/// One loaded group: immutable, numbered per group from 1, counted by its users.
///
/// Made and destroyed on the loader thread; between the two, safe to use from any thread.
class Generation {
 public:
  using Handlers = std::map<std::string, std::unique_ptr<Module>>;

  /// Stages, verifies and opens `files` and makes every handler. Throws LoadError, or FilesChanged
  /// when a file was written to meanwhile; what was opened by then is closed again.
  Generation(std::string group, unsigned long number, Files files, Stages& stages,
             const Configs& configs);

  const std::string& group() const { return group_; }
  unsigned long number() const { return number_; }

  /// `aquarium/12`: X-Shoal-Generation, and the name of this generation in the log.
  const std::string& label() const { return label_; }

  const Files& files() const { return files_; }
  const Handlers& handlers() const { return handlers_; }
  const std::filesystem::path& folder() const { return stage_.folder(); }

 private:
  void open();
  void make_handlers(const Configs& configs);

  const std::string group_;
  const unsigned long number_;
  const std::string label_;
  const Files files_;
  // Destroyed from the bottom up: handlers while their code is mapped, files last.
  Stage stage_;
  std::map<std::string, Library> libraries_;
  std::map<std::string, std::unique_ptr<ModuleContext>> contexts_;
  Handlers handlers_;
};

/// The modules of one stage in the order in which they are opened: what is needed before what needs
/// it. Throws LoadError when a file is no whole shared object, or asks for a member of its group by
/// a name that another generation has too.
std::vector<std::string> order_of_opening(const Stage& stage, const Files& files);

}  // namespace shoal::modules
