#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "releases/history/release.hpp"
#include "releases/probing/probe.hpp"
#include "releases/staging/prepare.hpp"

namespace shoal::releases {

/// A trial that is to be made: stage, verify, relabel, probe.
struct TrialOrder {
  Members members;              ///< files: where they were dropped
  unsigned long number = 0;     ///< of the generation that may come of it
  std::string note;             ///< see Staged
  std::string label;            ///< see prepare()
  std::filesystem::path stage;  ///< a folder that does not exist yet

  /// Where the files' copies are kept already, by module. Empty: `members.files` are read.
  Files copies{};

  /// The folder, which does not exist yet, where copies are to be kept; empty if `copies` are
  /// given.
  std::filesystem::path draft{};

  /// The content (content_of) that serves. If the files have it, nothing is tried. Empty: tried in
  /// any case.
  std::string serving{};

  Configs configs{};                ///< of the group's modules
  std::optional<Staged> current{};  ///< the generation that serves, to be opened first
};

/// What became of a trial. The stage is left only if it is kGood, the draft if it is kGood,
/// kUnchanged, or kRefused with `files`.
struct TrialResult {
  enum class Kind {
    kGood,          ///< `staged` lies ready
    kUnchanged,     ///< the bytes of what serves
    kRefused,       ///< `why`
    kFilesChanged,  ///< while they were copied: try again
    kUnavailable    ///< the machine lacks what `why` says: try again later
  };
  Kind kind = Kind::kRefused;
  std::string group;
  unsigned long number = 0;
  Staged staged{};
  std::vector<ReleasedFile> files{};         ///< as they were copied; empty if that failed
  std::string why{};                         ///< thing, fact, remedy
  std::vector<std::string> warnings{};       ///< lines for the log
  std::chrono::nanoseconds opening_time{0};  ///< what opening and making took in the probe
  std::string steps{};                       ///< the time of each step, for the log at level debug
};

/// Makes trials on threads of its own, as many at a time as there are processors. A trial whose
/// probe takes longer than 200 ms does not count, so that one that hangs delays no other group; but
/// there are never more than 16 threads. Used by one thread.
class Trials {
 public:
  /// `command` and `remedy` are those of Probe; without them nothing is probed.
  struct Parts {
    std::optional<std::vector<std::string>> command{};
    std::string remedy{};
    std::chrono::milliseconds limit = ProbeRules{}.limit;  ///< of one process of the probe
    unsigned processors = 0;                               ///< 0: as many as the machine has
  };

  /// Throws Unavailable if the machine lacks descriptors.
  explicit Trials(Parts parts);

  /// Waits for the threads; the probes that run are killed. The stages of results that nothing has
  /// taken stay.
  ~Trials();
  Trials(const Trials&) = delete;
  Trials& operator=(const Trials&) = delete;

  /// Returns true if a trial that is begun now would be made at once.
  bool has_room() const;

  /// Begins a trial, or has it wait for its turn: first come, first served.
  /// REQUIRES: no other trial of this group is under way.
  void begin(TrialOrder order);

  /// Returns those that are done.
  std::vector<TrialResult> finished();

  /// Becomes readable when there are any, or when there is room because a probe takes long;
  /// finished() makes it quiet again.
  int descriptor() const;

 private:
  class Pool;
  std::unique_ptr<Pool> pool_;
};

}  // namespace shoal::releases
