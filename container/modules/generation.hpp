#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "modules/context.hpp"
#include "modules/library.hpp"

namespace shoal::modules {

/// Module name -> what conf/shoal.yaml hands it.
using Configs = std::map<std::string, Config>;

class Generation;

/// What is about to be done with a module: code of its own runs in each, but for kNothing.
enum class Step { kOpening, kMaking, kEnding, kNothing };
using OnStep =
    std::function<void(Step step, const Generation& generation, const std::string& module)>;

/// What a generation is made with, besides its files.
struct Surroundings {
  Configs configs;
  States states;         ///< empty: modules have no State
  bool probing = false;  ///< in the process of the probe
  OnStep on_step;        ///< told before each step; may be empty
};

/// One file of a generation.
struct ModuleFile {
  std::string module;
  std::filesystem::path path;  ///< where it was dropped
  std::string build_id;        ///< as hexadecimal digits; empty: it was linked without
  bool handler = false;        ///< else others are linked to it
};

/// One loaded group: immutable, numbered per group from 1, counted by its users.
///
/// Made and destroyed on the loader thread; between the two, safe to use from any thread.
class Generation {
 public:
  using Handlers = std::map<std::string, std::unique_ptr<Module>>;

  /// Opens what lies ready in the stage and makes every handler. Throws LoadError; what was opened
  /// by then is closed again.
  Generation(const Order& order, std::unique_ptr<const Stage> stage, const Prepared& prepared,
             const Surroundings& surroundings);

  const std::string& group() const { return group_; }
  unsigned long number() const { return number_; }

  /// `aquarium/12`: X-Shoal-Generation, and the name of this generation in the log.
  const std::string& label() const { return label_; }

  /// `instead of 12, quarantined`: what is to be said beside the label; most often empty.
  const std::string& note() const { return note_; }

  const Files& files() const { return files_; }
  const std::vector<ModuleFile>& module_files() const { return module_files_; }

  /// A line for each file, `path build-id`, `-` where it has none. It does not move while the
  /// generation lives: whoever holds it may read it from a signal handler.
  const std::string& files_text() const { return files_text_; }

  const Handlers& handlers() const { return handlers_; }
  const std::filesystem::path& folder() const { return stage_->folder(); }

  /// When it began to be opened, as the kernel counts: time_since_boot().
  std::chrono::nanoseconds opened_at() const { return opened_at_; }

  /// When it was complete, for people.
  std::chrono::system_clock::time_point loaded_at() const { return loaded_at_; }

  /// Files that have a thread_local with a destructor; what such a one keeps is unmapped when every
  /// thread that touched it has ended.
  const std::vector<std::string>& thread_locals() const { return thread_locals_; }

  /// Destroys the handlers, ahead of everything else: the first half of retiring. What is left may
  /// still be running code of theirs.
  void end_handlers(const OnStep& on_step = {});

 private:
  void note_facts(const Facts& facts);
  void open(const Order& order, const Opening& opening, const OnStep& on_step);
  void make_handlers(const Opening& opening, const Surroundings& surroundings);

  const std::string group_;
  const unsigned long number_;
  const std::string label_;
  const std::string note_;
  const Files files_;
  const std::chrono::nanoseconds opened_at_;
  std::chrono::system_clock::time_point loaded_at_;
  std::vector<std::string> thread_locals_;
  std::vector<ModuleFile> module_files_;
  std::string files_text_;
  // Destroyed from the bottom up: handlers while their code is mapped, files last.
  std::unique_ptr<const Stage> stage_;
  std::map<std::string, Library> libraries_;
  std::map<std::string, std::unique_ptr<ModuleContext>> contexts_;
  Handlers handlers_;
};

}  // namespace shoal::modules
