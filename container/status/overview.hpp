#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "status/latency.hpp"

namespace shoal::status {

/// Seconds since 1970, as the clock on the wall has it.
using Time = double;

Time now();

/// What one thread of a worker process does, and for whom.
struct Thread {
  enum class State {
    kIdle,      ///< waits for a connection
    kReading,   ///< takes a request from its connection
    kWaiting,   ///< the request waits for its group to be loaded
    kHandling,  ///< runs code of a module
    kWriting    ///< finishes the answer
  };

  int number = 0;
  State state = State::kIdle;
  Time since = 0;            ///< when it began to do so
  std::string request{};     ///< `GET /about?x=1`; empty while idle
  std::string id{};          ///< of the request, as in the logs
  std::string module{};      ///< full name of the handler; empty until one is found
  std::string generation{};  ///< `aquarium/12`

  bool operator==(const Thread&) const = default;
};

/// A file of the generation that serves.
struct Module {
  std::string name{};      ///< `aquarium.screen.home`
  std::string file{};      ///< path as the apps folder has it
  std::string build_id{};  ///< hex; empty when the file has none
  bool handler = false;    ///< else a library

  bool operator==(const Module&) const = default;
};

/// The last drop into a group, while it is refused: reset when a later one is loaded.
struct Refusal {
  std::string message{};
  Time at = 0;

  bool operator==(const Refusal&) const = default;
};

/// An old generation that should be unmapped, and is not.
struct Lingering {
  std::string generation{};
  std::string holder{};    ///< what holds it, for people; may be empty
  unsigned processes = 1;  ///< in how many worker processes

  bool operator==(const Lingering&) const = default;
};

/// A generation that crashed workers and was withdrawn.
struct Quarantine {
  std::string generation{};
  unsigned crashes = 0;
  Time since = 0;
  std::string serving{};  ///< the generation that serves instead; empty: none does

  bool operator==(const Quarantine&) const = default;
};

/// What one worker process serves of a group.
struct Serving {
  int pid = 0;
  std::string generation{};

  bool operator==(const Serving&) const = default;
};

struct Group {
  std::string name{};
  bool swept = true;              ///< false: pinned
  std::string generation{};       ///< `aquarium/12`; empty: nothing is loaded
  Time loaded = 0;                ///< when that was; 0: never
  std::vector<Module> modules{};  ///< of `generation`
  std::uint64_t requests = 0;     ///< answered, since the container started
  std::uint64_t errors = 0;       ///< of these with 500 to 599
  std::uint64_t refusals = 0;     ///< drops that were refused, ever
  std::uint64_t generations = 0;  ///< made of it since the container started
  Histogram latency{};            ///< of `requests`
  std::optional<Refusal> refused{};
  std::vector<Lingering> lingering{};
  std::optional<Quarantine> quarantine{};
  std::vector<Serving> disagree{};  ///< in an Overview: who serves what, if not all the same

  bool operator==(const Group&) const = default;
};

struct Worker {
  enum class State { kStarting, kServing, kDraining };

  int pid = 0;
  Time started = 0;
  State state = State::kStarting;
  std::uint64_t requests = 0;       ///< answered by this process, those to no group as well
  std::uint64_t errors = 0;         ///< of these with 500 to 599
  std::uint64_t connections = 0;    ///< open now
  std::uint64_t resident = 0;       ///< bytes of memory
  std::uint64_t accept_pauses = 0;  ///< times that new connections waited: no descriptor was left
  Time last_accept_pause = 0;       ///< 0: never
  std::vector<Thread> threads{};

  bool operator==(const Worker&) const = default;
};

/// What a worker process tells the supervisor.
struct WorkerStatus {
  Worker worker{};
  std::vector<Group> groups{};

  bool operator==(const WorkerStatus&) const = default;
};

/// Crashes at one place: by the same signal, in the same module, with the same top of the stack.
/// What differs is that of the last one.
struct Crash {
  Time at = 0;              ///< the last one
  Time first = 0;           ///< the first one
  std::uint64_t count = 1;  ///< so many
  int pid = 0;
  std::string signal{};              ///< `SIGSEGV`
  std::string request{};             ///< what it was doing; empty: no request, or more is not known
  std::string module{};              ///< empty as `request`
  std::string generation{};          ///< empty as `request`
  std::string file{};                ///< the crash report; empty: none was written
  std::vector<std::string> stack{};  ///< its top, the innermost frame first; empty: not known

  bool operator==(const Crash&) const = default;
};

/// Times that the configuration was read again.
struct Reloads {
  std::uint64_t count = 0;            ///< those that took effect
  std::uint64_t refused = 0;          ///< those that changed nothing
  Time last = 0;                      ///< when the last one was, of either kind; 0: never
  Time refused_at = 0;                ///< when the last one was refused; 0: never
  std::vector<std::string> errors{};  ///< of the last one; empty: it was good

  bool operator==(const Reloads&) const = default;
};

/// What the whole container tells: what the supervisor knows, and the workers' reports merged.
struct Overview {
  enum class State { kRunning, kReloading, kStopping };

  Time at = 0;  ///< when this was told: ages are counted from it
  std::string version{};
  int pid = 0;  ///< of the supervisor
  Time started = 0;
  std::string config{};  ///< path of shoal.yaml
  State state = State::kRunning;
  std::vector<std::string> listen{};  ///< `unix:/run/shoal/shoal.sock`
  unsigned processes_wanted = 1;
  Reloads reloads{};
  std::uint64_t requests = 0;          ///< of all processes that ever were
  std::uint64_t errors = 0;            ///< of these with 500 to 599
  std::uint64_t generations = 0;       ///< made, of all groups
  std::uint64_t crashed = 0;           ///< worker processes that died, ever
  std::uint64_t crashed_recently = 0;  ///< of these within the last hour
  std::vector<Crash> crashes{};        ///< at the last ten places, the newest first
  std::vector<Worker> workers{};
  std::vector<Group> groups{};  ///< by name

  bool operator==(const Overview&) const = default;
};

/// `aquarium/12` is 12; 0 when there is no number.
std::uint64_t number_of(const std::string& generation);

}  // namespace shoal::status
