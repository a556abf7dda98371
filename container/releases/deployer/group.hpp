#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "releases/apps/identity.hpp"
#include "releases/deployer/life.hpp"
#include "releases/history/decisions.hpp"
#include "releases/history/release.hpp"
#include "releases/staging/staged.hpp"

namespace shoal::releases {

/// A new generation that somebody asked for, whatever lies in the apps folder.
struct Wish {
  Origin origin;
  unsigned long release = 0;     ///< of which it is to be made; 0: that which serves by then
  std::string note{};            ///< see Staged
  unsigned long instead_of = 0;  ///< the withdrawn generation that it stands in for; 0: none
  unsigned question = 0;         ///< that waits for its verdict; 0: none
  bool files_first = false;      ///< unread files lay there before: their verdict comes first
};

/// A generation on its way from the apps folder, or from a release, to the workers.
struct Deployment {
  Origin origin{};
  unsigned long number = 0;
  unsigned long release = 0;  ///< 0: there is none yet, or it could not be kept
  std::filesystem::path draft{};
  std::filesystem::path stage{};
  Files taken{};               ///< what lay in the apps folder
  std::uint64_t wanted = 0;    ///< the cell's `wanted` when it was taken
  std::optional<Wish> wish{};  ///< absent: it is made of what lay in the apps folder
  std::chrono::steady_clock::time_point began{};

  // Once it was tried:
  std::optional<Staged> staged{};
  std::vector<ReleasedFile> files{};
  std::chrono::nanoseconds opening_time{0};

  // While it is opened:
  bool repeated = false;  ///< a worker was lost over it once, for no known reason

  /// A worker that was told to open it and has not done so yet.
  struct Awaited {
    std::chrono::steady_clock::time_point deadline{};
    bool begun = false;
  };
  std::map<pid_t, Awaited> awaited{};  ///< while one opens it before all others: that one
};

/// What became of a deployment.
struct Judgement {
  Verdict verdict = Verdict::kNone;
  Origin origin{};
  unsigned long generation = 0;  ///< that serves after it; 0: none
  unsigned long made = 0;        ///< generation that was made; 0: none
  unsigned long release = 0;
  std::string reason{};
  std::vector<ReleasedFile> files{};  ///< that were judged; empty: they could not be read
  std::chrono::system_clock::time_point at{};
  std::chrono::nanoseconds took{0};
};

/// All that the deployer knows of one group. A plain record: Deployer changes it.
struct Group {
  using Clock = std::chrono::steady_clock;

  std::string name;
  bool swept = true;  ///< false: pinned
  unsigned cell = 0;  ///< in the page

  // --- the apps folder
  Files present{};           ///< what lies there
  Files judged{};            ///< what lay there at the last verdict
  bool at_start = false;     ///< `present` lay there when the service started
  bool announced = true;     ///< the page says that `present` is wanted
  std::uint64_t wanted = 0;  ///< as the page says
  Clock::time_point stale_since{};
  Clock::time_point settled_at{};
  Clock::time_point not_before{};

  // --- its life
  Life life;
  std::deque<Wish> wishes{};  ///< in the order in which they are to be granted
  std::optional<Deployment> deployment{};
  bool was_judged = false;  ///< once, since the deployer began
  bool waits_for_room = false;
  unsigned long spare_number = 0;  ///< that no generation was made with; 0: none
  std::string hindrance{};         ///< what the machine lacked, as the log has it

  // --- what serves
  std::optional<Staged> serving{};
  std::optional<Decision> decision{};

  // --- what is told of it
  std::optional<Judgement> last{};
  std::optional<Judgement> last_drop{};  ///< the last one of what lay in the apps folder
  std::deque<Judgement> judgements{};    ///< the newest first, ten at most
  std::string refusal{};                 ///< of the last drop; empty: it was not refused
  std::chrono::system_clock::time_point refused_at{};
  std::set<unsigned long> unfit{};  ///< releases that could not serve instead
  unsigned long withdrawn = 0;      ///< generation in quarantine; 0: none
  unsigned crashes = 0;             ///< that it was withdrawn for
  std::chrono::system_clock::time_point withdrawn_at{};

  /// Returns true if files lie there that no verdict is about.
  bool has_unread_files() const { return present != judged; }

  /// Returns true if the next deployment is that of the first wish, and not of unread files.
  bool wish_is_next() const {
    return !wishes.empty() && !(wishes.front().files_first && has_unread_files());
  }

  /// Returns `aquarium/12`, or the group's name if nothing serves.
  std::string label() const { return serving ? serving->label() : name; }
};

using Groups = std::map<std::string, Group>;

}  // namespace shoal::releases
