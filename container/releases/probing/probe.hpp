#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "releases/probing/probe_process.hpp"
#include "releases/probing/trial.hpp"

namespace shoal::releases {

/// What a module did in the probe.
struct Tried {
  std::string module;
  std::chrono::nanoseconds open{0};  ///< with what it needs that was not open yet
  std::chrono::nanoseconds make{0};  ///< its constructor
};

/// How a stage behaved in the throw-away process.
struct Behaviour {
  std::vector<Tried> tried;          ///< of the new generation
  std::vector<std::string> threads;  ///< that still ran after the handlers' destructors
  bool unloads = true;               ///< whether all of it was unmapped in the end

  /// Returns the time that opening and making all modules took.
  std::chrono::nanoseconds opening_time() const;
};

struct ProbeEnd;
struct ProbeFailure;

/// Loads a stage and makes its handlers in a process of its own first: initialisers and
/// constructors can crash, exit, hang and throw, and none of that may happen where requests are
/// served.
///
/// That process is a fork of the process of the probe, which is this program again and stays: see
/// ProbeProcess. It has 20 s and 10 s of processor time, writes no core, is the first that a
/// machine without memory kills, and its output is caught. Used by one thread.
class Probe {
 public:
  /// `command` is what runs probe_main: the program and its arguments. `remedy` is what to do about
  /// a module that does not survive it.
  Probe(std::vector<std::string> command, std::string remedy, ProbeRules rules = {});
  /// Throws LoadError that names file, deed and remedy, or Unavailable when no process can be had,
  /// or when the processes were killed from outside three times.
  ///
  /// What fails beside `trial.current` is tried again alone. If it fails alone, too, that is the
  /// reason; else the reason begins with `a second generation cannot live in the same process: `,
  /// unless the current generation could not be opened: then the new one is judged alone. What used
  /// up its time beside it has little time alone, and is then refused for the first reason.
  Behaviour run(const Trial& trial);

 private:
  ProbeEnd run_process(const Trial& trial, const ProbeRules& rules);
  Behaviour run_alone(const Trial& trial, const ProbeEnd& beside, const ProbeFailure& failure);
  [[noreturn]] void refuse(const ProbeFailure& failure) const;

  ProbeProcess process_;
  std::string remedy_;
  ProbeRules rules_;
};

}  // namespace shoal::releases
