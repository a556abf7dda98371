#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "shoal/config.hpp"

namespace shoal::settings {

/// One entry of `listen`. Exactly what the file says; nothing is opened here.
struct Listen {
  enum class Kind { kUnix, kTcp, kDescriptor, kSystemd };  // kSystemd: all that it hands us

  Kind kind = Kind::kUnix;
  std::filesystem::path path;                ///< kUnix
  std::string host;                          ///< kTcp, without brackets: 127.0.0.1, ::1, localhost
  std::uint16_t port = 0;                    ///< kTcp
  int descriptor = -1;                       ///< kDescriptor: fd:0 of spawn-fcgi and mod_fcgid
  std::optional<unsigned> mode;              ///< kUnix: permission bits, e.g. 0660
  std::string owner;                         ///< kUnix: user name; empty: unchanged
  std::string group;                         ///< kUnix: group name; empty: unchanged
  int backlog = 511;                         ///< connections that wait; nginx's own default
  std::vector<std::string> allowed_clients;  ///< kTcp: addresses; empty: everyone
  std::string where;                         ///< file:line, for errors when it is opened
};

struct Workers {
  unsigned processes = 1;
  unsigned threads = 8;                     ///< of each process
  std::chrono::milliseconds grace{30'000};  ///< what a stop waits for running requests
  std::uint64_t max_requests = 0;           ///< a process is replaced after so many; 0: never
  std::size_t queue = 0;  ///< requests that wait for a thread of a process; 0: as many as come
};

/// How modules are put into groups: see container/modules/grouping.hpp.
struct Groups {
  enum class Kind {
    kNever,     ///< `false`: nothing is ever swept
    kTopLevel,  ///< `true`: each top-level folder or file of apps is a group
    kListed     ///< a map: group -> dotted types
  };

  Kind kind = Kind::kTopLevel;
  std::map<std::string, std::vector<std::string>> types;  ///< kListed
  std::map<std::string, std::string> where;  ///< type -> `shoal.yaml:8: groups.site[0]`
};

struct Sweep {
  enum class Watch { kAuto, kInotify, kStat };

  Watch watch = Watch::kAuto;
  std::chrono::milliseconds interval{1'000};  ///< kStat: compare at most this often
  std::chrono::milliseconds settle{100};      ///< quiet time before a stale group is loaded
  std::chrono::milliseconds wait{5'000};      ///< what a request waits for a load at most
  bool probe = true;                          ///< load in a throw-away process first
};

struct Route {
  std::string prefix;  ///< `/hello`: no trailing slash, but for `/` itself
  std::string target;  ///< a dotted name: of a module or of a folder of modules
  std::string where;   ///< file:line
  std::optional<std::chrono::milliseconds> request_timeout{};  ///< instead of that of Limits
};

struct Limits {
  std::uint64_t body = 8 << 20;                    ///< bytes
  std::chrono::milliseconds read_timeout{60'000};  ///< reading a request's head; each wait for body
  std::chrono::milliseconds write_timeout{60'000};  ///< the peer takes nothing for so long
  std::chrono::milliseconds idle_timeout{75'000};   ///< kept connection without a request
  std::uint64_t keep_alive_drain = 1 << 20;         ///< unread body bytes read away to keep one
  std::chrono::milliseconds request_timeout{0};     ///< of a whole request; 0: none
};

struct State {
  enum class Durability { kProcess, kMachine };

  std::filesystem::path path;      ///< a folder; `state` in `run` unless the file says otherwise
  std::uint64_t size = 256 << 20;  ///< bytes
  Durability durability = Durability::kProcess;  ///< what a write survives
};

/// A group whose newest generation ends worker processes goes back to its last good files.
struct Quarantine {
  unsigned crashes = 3;
  std::chrono::milliseconds within{60'000};
};

/// Where lines of a log go.
struct LogTarget {
  enum class Kind { kStderr, kFile, kSyslog, kJournald };

  Kind kind = Kind::kStderr;
  std::filesystem::path path;  ///< kFile

  bool operator==(const LogTarget&) const = default;
};

struct AccessLog {
  LogTarget target;
  std::string format;  ///< `json`, or a text as php-fpm's access.format; see conf/README.md

  bool operator==(const AccessLog&) const = default;
};

struct Log {
  enum class Level { kDebug, kInfo, kWarning, kError };

  Level level = Level::kInfo;
  LogTarget target;                   ///< the key `file`
  std::chrono::milliseconds slow{0};  ///< requests that take longer are logged; 0: none
  std::optional<AccessLog> access;    ///< none: no access log

  bool operator==(const Log&) const = default;
};

/// The page that tells what is running.
struct Status {
  std::string route;               ///< `/-/shoal`
  std::vector<std::string> allow;  ///< addresses of visitors
};

/// Where health checks are answered.
struct Health {
  Listen socket;  ///< kUnix or kTcp
};

/// What conf/shoal.yaml says, complete and checked: see conf/README.md for every key. Plain values;
/// copy freely. Paths are absolute: relative ones were resolved against the file's folder.
struct Settings {
  std::filesystem::path file;
  std::vector<Listen> listen;
  Workers workers;
  std::filesystem::path apps;
  std::filesystem::path run;
  Groups groups;
  Sweep sweep;
  std::vector<Route> routes;              ///< longest prefix first
  std::map<std::string, Config> modules;  ///< dotted name -> what the module is handed
  Limits limits;
  State state;
  Quarantine quarantine;
  bool expose = true;            ///< X-Shoal-Generation on each answer
  std::optional<Status> status;  ///< none: no such page
  std::optional<Health> health;  ///< nullopt: no health check is answered
  Log log;
};

/// Everything that is wrong with a configuration, one line each:
/// `conf/shoal.yaml:14: sweep.setle: unknown key; did you mean "settle"?`
class SettingsError : public std::runtime_error {
 public:
  explicit SettingsError(std::vector<std::string> errors);

  const std::vector<std::string>& errors() const { return errors_; }

 private:
  std::vector<std::string> errors_;
};

/// Reads and checks a configuration file. Touches nothing but that file. Throws SettingsError with
/// every error found, in the order of the file.
Settings read(const std::filesystem::path& file);

/// The run folder that the file names, whatever else is wrong in it: a container may still serve
/// with what stood there before. Throws SettingsError when even that cannot be told.
std::filesystem::path run_folder_of(const std::filesystem::path& file);

}  // namespace shoal::settings
