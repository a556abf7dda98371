#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "status/latency.hpp"

namespace shoal::status {

/// Seconds since 1970 (the system clock).
using Time = double;

/// Returns the current time.
Time now();

/// What a thread of a worker process is doing.
struct Thread {
  enum class State {
    kIdle,      ///< has no request
    kWaiting,   ///< the request waits for its group to be loaded
    kHandling,  ///< runs the module
    kWriting    ///< finishes the answer
  };

  int number = 0;
  State state = State::kIdle;
  Time since = 0;            ///< when this state began
  std::string request{};     ///< `GET /about?x=1`; empty: it has no request
  std::string id{};          ///< of the request, as in the logs
  std::string module{};      ///< full name of the handler; empty until one is found
  std::string generation{};  ///< `aquarium/12`

  bool operator==(const Thread&) const = default;
};

/// A module of the generation that serves.
struct Module {
  std::string name{};      ///< `aquarium.screen.home`
  std::string file{};      ///< path in the apps folder
  std::string build_id{};  ///< hexadecimal; empty: the file has no build-id
  bool handler = false;    ///< false: a library module

  bool operator==(const Module&) const = default;
};

/// Why the last drop into a group was refused. Reset when a later drop is loaded.
struct Refusal {
  std::string message{};
  Time at = 0;

  bool operator==(const Refusal&) const = default;
};

/// Why a drop into the group waits: the machine lacks something just now.
struct Hindrance {
  std::string message{};
  Time since = 0;  ///< when the files changed; 0: not known

  bool operator==(const Hindrance&) const = default;
};

/// An old generation that should be unmapped but is not.
struct Lingering {
  std::string generation{};
  std::string holder{};    ///< what keeps it mapped, for people; may be empty
  unsigned processes = 1;  ///< in how many worker processes

  bool operator==(const Lingering&) const = default;
};

/// A generation that crashed workers and was withdrawn.
struct Quarantine {
  std::string generation{};
  unsigned crashes = 0;
  Time since = 0;
  std::string serving{};  ///< the generation that serves instead; empty: nothing does

  bool operator==(const Quarantine&) const = default;
};

/// The generation of a group that a worker process serves.
struct Serving {
  int pid = 0;
  std::string generation{};

  bool operator==(const Serving&) const = default;
};

/// What becomes of a drop, for one group.
enum class Verdict {
  kNone,       ///< not decided yet; or never, because its process ended
  kLive,       ///< serves
  kUnchanged,  ///< the same bytes as what serves
  kRefused,    ///< the generation before it goes on serving
  kOvertaken   ///< a later drop came before this one was read
};

/// One deployment of a group: a drop, a rollback, a reload.
struct Deployment {
  Time at = 0;  ///< when it was decided; if it is not, when it began
  Verdict verdict = Verdict::kNone;
  std::string by{};           ///< `drop by mallory`, `rollback by root`
  std::uint64_t release = 0;  ///< number of the release; 0: it has none
  std::string generation{};   ///< that was made of it; empty: it did not come so far
  std::string reason{};       ///< why it was refused or overtaken; may have several lines
  double took = 0;            ///< seconds from the last change of a file to the verdict; 0: unknown

  bool operator==(const Deployment&) const = default;
};

struct Group {
  /// What the deployer does with the group.
  enum class State {
    kCurrent,   ///< nothing: the files in the apps folder are decided
    kSettling,  ///< waits for more files
    kTrying,    ///< copies, verifies and probes them
    kOpening    ///< worker processes open them
  };

  std::string name{};
  bool swept = true;              ///< false: pinned
  State state = State::kCurrent;  ///< kCurrent if it is not known
  std::string generation{};       ///< `aquarium/12`; empty: nothing is loaded
  std::uint64_t release = 0;      ///< that `generation` was made of; 0: not known
  Time loaded = 0;                ///< when it was loaded; 0: never
  std::vector<Module> modules{};  ///< of `generation`
  std::uint64_t requests = 0;     ///< answered, since the container started
  std::uint64_t errors = 0;       ///< of these, answers with a status of 500 to 599
  std::uint64_t refusals = 0;     ///< refused drops since the container started
  std::uint64_t generations = 0;  ///< loaded since the container started
  Histogram latency{};            ///< of `requests`
  std::optional<Refusal> refused{};
  std::optional<Hindrance> hindrance{};
  std::vector<Lingering> lingering{};
  std::optional<Quarantine> quarantine{};
  std::vector<Serving> disagree{};    ///< only in an Overview; empty: all serve `generation`
  std::optional<Deployment> drop{};   ///< the current or the last one; nullopt: there was none
  std::vector<Deployment> history{};  ///< decided ones, ten at most, the newest first

  bool operator==(const Group&) const = default;
};

struct Worker {
  enum class State { kStarting, kServing, kDraining };

  int pid = 0;
  Time started = 0;
  State state = State::kStarting;
  std::uint64_t requests = 0;       ///< answered by this process, including those without a group
  std::uint64_t errors = 0;         ///< of these, answers with a status of 500 to 599
  std::uint64_t connections = 0;    ///< open now
  std::uint64_t waiting = 0;        ///< requests that are complete and wait for their turn
  std::uint64_t resident = 0;       ///< bytes of memory
  std::uint64_t answers_cut = 0;    ///< answers that were cut off, as web servers did not take them
  Time last_answer_cut = 0;         ///< 0: never
  std::uint64_t accept_pauses = 0;  ///< times that new connections waited for a free descriptor
  Time last_accept_pause = 0;       ///< 0: never
  std::uint64_t most_threads = 0;   ///< at most so many threads run at once
  std::vector<Thread> threads{};    ///< that run now; threads start and end with the load

  bool operator==(const Worker&) const = default;
};

/// What a worker process sends to the supervisor. Of a group it sends what only the worker knows:
/// the generation that this process serves, its modules, what lingers. Requests are in
/// status/counters.hpp.
struct WorkerStatus {
  Worker worker{};
  std::vector<Group> groups{};

  bool operator==(const WorkerStatus&) const = default;
};

/// The process that decides which generations serve.
struct Deployer {
  /// What the supervisor knows of it, without asking.
  enum class State {
    kWorking,   ///< it has begun
    kStarting,  ///< it reads what is recorded
    kEnded      ///< it has exited, and another one is not started yet
  };

  int pid = 0;
  Time started = 0;
  std::string watching{};    ///< `by inotify`, or `by stat every 1000 ms: too many folders`
  std::string unreadable{};  ///< why the apps folder cannot be read; empty: it can

  // What follows is set by the supervisor.
  Time heard = 0;       ///< when it last told its status; 0: never
  bool answers = true;  ///< false if it does not answer now
  State state = State::kWorking;
  Time since = 0;  ///< if it does not answer: since when, whether it is silent or does not work

  bool operator==(const Deployer&) const = default;
};

/// What the deployer sends to the supervisor. Of a group it sends what is decided: `state`,
/// `generation` and `release` that are to serve, `modules` of the files in the apps folder,
/// `refused`, `hindrance`, `quarantine`, `drop` and `history`. Refused drops and generations are in
/// status/counters.hpp.
struct DeployerStatus {
  Deployer deployer{};
  std::vector<Group> groups{};

  bool operator==(const DeployerStatus&) const = default;
};

/// Crashes at the same place: the same signal, module and top of the stack. Other members are of
/// the last crash.
struct Crash {
  Time at = 0;              ///< of the last crash
  Time first = 0;           ///< of the first crash
  std::uint64_t count = 1;  ///< number of crashes
  int pid = 0;
  std::string signal{};              ///< `SIGSEGV`
  std::string request{};             ///< empty: there was no request, or it is not known
  std::string module{};              ///< empty as `request`
  std::string generation{};          ///< empty as `request`
  std::string file{};                ///< the crash report; empty: it was not written
  std::vector<std::string> stack{};  ///< its top, innermost frame first; empty: not known

  bool operator==(const Crash&) const = default;
};

/// Reloads of the configuration.
struct Reloads {
  std::uint64_t count = 0;            ///< reloads that took effect
  std::uint64_t refused = 0;          ///< reloads that were refused and changed nothing
  Time last = 0;                      ///< when the last reload of either kind was; 0: never
  Time refused_at = 0;                ///< when a reload was last refused; 0: never
  std::vector<std::string> errors{};  ///< of the last reload; empty: it took effect

  bool operator==(const Reloads&) const = default;
};

/// The state of the whole container: what the supervisor knows, and the merged states of the
/// deployer and the workers.
struct Overview {
  enum class State { kRunning, kReloading, kStopping };

  Time at = 0;  ///< when this overview was made; ages are relative to it
  std::string version{};
  int pid = 0;  ///< of the supervisor
  Time started = 0;
  std::string config{};  ///< path of shoal.yaml
  State state = State::kRunning;
  std::vector<std::string> listen{};  ///< `unix:/run/shoal/shoal.sock`
  unsigned processes_wanted = 1;
  Reloads reloads{};
  std::uint64_t requests = 0;          ///< of all processes, including those that have ended
  std::uint64_t errors = 0;            ///< of these, answers with a status of 500 to 599
  std::uint64_t generations = 0;       ///< loaded, of all groups
  std::uint64_t crashed = 0;           ///< worker processes that ended unexpectedly
  std::uint64_t crashed_recently = 0;  ///< of these, within the last hour
  std::vector<Crash> crashes{};        ///< at ten places at most, the newest first
  std::optional<Deployer> deployer{};  ///< nullopt: none was started yet
  std::vector<Worker> workers{};
  std::vector<Group> groups{};  ///< by name

  bool operator==(const Overview&) const = default;
};

/// Returns the number of a generation: 12 for `aquarium/12`; 0 when it has no number.
std::uint64_t number_of(const std::string& generation);

}  // namespace shoal::status
