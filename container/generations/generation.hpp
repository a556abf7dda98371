#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "generations/context.hpp"
#include "generations/library.hpp"
#include "releases/probing/trial.hpp"

namespace shoal::generations {

class Generation;

/// How long the last calls of a handler took. Safe to use from any thread.
class RecentLatency {
 public:
  /// Returns the moving average of the last calls; 0: there was none.
  std::chrono::microseconds average() const {
    return std::chrono::microseconds(average_.load(std::memory_order_relaxed));
  }

  /// Adds a call. Calls that are added at the same moment may get lost.
  void add(std::chrono::nanoseconds took) {
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
    const auto before = average_.load(std::memory_order_relaxed);
    const auto after = (7 * before + now) / 8;
    if (after != before) average_.store(after, std::memory_order_relaxed);
  }

 private:
  std::atomic<std::int64_t> average_{0};
};

/// Called before each step with a module: code of its own runs in each, but for kNothing.
using OnStep = std::function<void(releases::Step step, const Generation& generation,
                                  const std::string& module)>;

/// What a generation is made with, besides its files.
struct Surroundings {
  releases::Configs configs;
  States states;         ///< empty: modules have no State
  bool probing = false;  ///< in the process of the probe
  OnStep on_step;        ///< may be empty
};

/// One loaded group: immutable, numbered per group from 1, counted by its users.
///
/// Made and destroyed on the loader thread; between the two, safe to use from any thread.
class Generation {
 public:
  using Handlers = std::map<std::string, std::unique_ptr<Module>>;

  /// Opens what lies ready in the stage and makes every handler. Throws LoadError; what was opened
  /// by then is closed again. The stage must stay as long as it is mapped.
  Generation(releases::Staged staged, const Surroundings& surroundings);

  const std::string& group() const { return staged_.group; }
  unsigned long number() const { return staged_.number; }

  /// `aquarium/12`: X-Shoal-Generation, and the name of this generation in the log.
  const std::string& label() const { return label_; }

  /// `X-Shoal-Generation: aquarium/13 (instead of 12, quarantined)` and CRLF, for the head of an
  /// answer.
  const std::string& exposed_head() const { return exposed_head_; }

  /// `instead of 12, quarantined`: what is to be said beside the label; most often empty.
  const std::string& note() const { return staged_.note; }

  const releases::Staged& staged() const { return staged_; }

  /// A line for each file, `path build-id`, `-` where it has none. It does not move while the
  /// generation lives: whoever holds it may read it from a signal handler.
  const std::string& files_text() const { return files_text_; }

  const Handlers& handlers() const { return handlers_; }

  /// Returns the latency of a handler. REQUIRES: `handlers` has one of this name.
  RecentLatency& latency_of(const std::string& module) const { return *latencies_.at(module); }
  const std::filesystem::path& folder() const { return staged_.stage; }

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
  void note_files();
  void open(const OnStep& on_step);
  void make_handlers(const Surroundings& surroundings);

  const releases::Staged staged_;
  const std::string label_;
  const std::string exposed_head_;
  const std::chrono::nanoseconds opened_at_;
  std::chrono::system_clock::time_point loaded_at_;
  std::vector<std::string> thread_locals_;
  std::string files_text_;
  // Destroyed from the bottom up: handlers while their code is mapped.
  std::map<std::string, Library> libraries_;
  std::map<std::string, std::unique_ptr<ModuleContext>> contexts_;
  Handlers handlers_;
  std::map<std::string, std::unique_ptr<RecentLatency>> latencies_;  // of the handlers
};

/// Leaves it open until the process has ended: handlers and code stay. Safe to use from any thread.
void keep_for_ever(std::unique_ptr<Generation> generation);

}  // namespace shoal::generations
