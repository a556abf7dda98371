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

/// One entry of `listen`, as the file has it. Nothing is opened here.
struct Listen {
  enum class Kind { kUnix, kTcp, kDescriptor, kSystemd };  // kSystemd: all that systemd passes

  Kind kind = Kind::kUnix;
  std::filesystem::path path;    ///< kUnix
  std::string host;              ///< kTcp, without brackets: 127.0.0.1, ::1, localhost
  std::uint16_t port = 0;        ///< kTcp
  int descriptor = -1;           ///< kDescriptor: fd:0 of spawn-fcgi and mod_fcgid
  std::optional<unsigned> mode;  ///< kUnix: permission bits, e.g. 0660
  std::string owner;             ///< kUnix: user name; empty: unchanged
  std::string group;             ///< kUnix: group name; empty: unchanged
  int backlog = 511;             ///< connections that may wait to be accepted; 511 as in nginx
  std::vector<std::string> allowed_clients;  ///< kTcp: addresses; empty: all clients
  std::string where;                         ///< file:line, for errors when it is opened
};

struct Workers {
  unsigned processes = 1;
  unsigned threads = 64;                    ///< most that run at once, in each process
  std::chrono::milliseconds grace{30'000};  ///< how long a stop waits for running requests
  std::uint64_t max_requests = 0;           ///< a process is replaced after so many; 0: never
  std::size_t queue = 1'024;  ///< most requests that wait for a thread, in each process
};

/// How modules form groups: see container/releases/apps/grouping.hpp.
struct Groups {
  enum class Kind {
    kNever,     ///< `false`: modules are never replaced
    kTopLevel,  ///< `true`: each folder or file at the top of the apps folder is a group
    kListed     ///< a mapping: group -> dotted types
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
  std::chrono::milliseconds wait{5'000};      ///< how long a request waits for new code
  bool probe = true;                          ///< load a group in a short-lived process first
};

struct Route {
  std::string prefix;  ///< `/hello`: without a slash at the end, except `/`
  std::string target;  ///< dotted name of a module, or of a folder of modules
  std::string where;   ///< file:line
  std::optional<std::chrono::milliseconds> request_timeout{};  ///< replaces that of Limits
  unsigned threads = 0;  ///< at most so many of its requests run at once; 0: no bound, but for a
                         ///< route that streams half of workers.threads, at least 1
  bool streams_body = false;  ///< `body: stream`: its module reads the body while it arrives
};

struct Limits {
  std::uint64_t body = 8 << 20;                     ///< bytes
  std::chrono::milliseconds body_timeout{300'000};  ///< for a whole body that is collected
  std::uint64_t bodies = 1 << 30;                   ///< bytes of collected bodies in each process
  /// For a request's head, and for each wait for a part of a body that is streamed.
  std::chrono::milliseconds read_timeout{60'000};
  std::chrono::milliseconds write_timeout{60'000};  ///< how long the web server may read nothing
  std::chrono::milliseconds idle_timeout{75'000};   ///< of a kept connection without a request
  std::uint64_t keep_alive_drain = 1 << 20;         ///< most unread body bytes read to keep one
  std::chrono::milliseconds request_timeout{0};     ///< from the start in a thread; 0: no bound
};

struct State {
  enum class Durability { kProcess, kMachine };

  std::filesystem::path path;                    ///< a folder; default: `state` in `run`
  std::uint64_t size = 256 << 20;                ///< bytes
  Durability durability = Durability::kProcess;  ///< what a write survives
};

/// When a group goes back to its last good files: after so many crashes in that time.
struct Quarantine {
  unsigned crashes = 3;
  std::chrono::milliseconds within{60'000};
};

/// How many releases are kept on disk. What serves, and what a group would go back to, is always
/// kept.
struct History {
  unsigned keep = 10;            ///< for each group, at least 2
  std::uint64_t size = 1 << 30;  ///< bytes, of all groups
};

/// Which users may ask the running container, besides its own user and root.
struct Control {
  std::string group;  ///< members of this group; empty: no other user
};

/// The target of a log.
struct LogTarget {
  enum class Kind { kStderr, kFile, kSyslog, kJournald };

  Kind kind = Kind::kStderr;
  std::filesystem::path path;  ///< kFile

  bool operator==(const LogTarget&) const = default;
};

struct AccessLog {
  LogTarget target;
  std::string format;  ///< `json`, or a text as in php-fpm's access.format; see conf/README.md

  bool operator==(const AccessLog&) const = default;
};

struct Log {
  enum class Level { kDebug, kInfo, kWarning, kError };

  Level level = Level::kInfo;
  LogTarget target;                   ///< the key `file`
  std::chrono::milliseconds slow{0};  ///< slower requests are logged; 0: no request is
  std::optional<AccessLog> access;    ///< nullopt: no access log

  bool operator==(const Log&) const = default;
};

/// The status page.
struct Status {
  std::string route;               ///< `/-/shoal`
  std::vector<std::string> allow;  ///< addresses of the visitors that may see it
};

/// The socket on which health checks are answered.
struct Health {
  Listen socket;  ///< kUnix or kTcp
};

/// A whole configuration, checked and with defaults filled in: see conf/README.md for every key.
/// Plain values. Paths are absolute: relative ones were resolved against the folder of the file.
struct Settings {
  std::filesystem::path file;
  std::vector<Listen> listen;
  Workers workers;
  std::filesystem::path apps;
  std::filesystem::path run;
  Groups groups;
  Sweep sweep;
  std::vector<Route> routes;              ///< longest prefix first
  std::map<std::string, Config> modules;  ///< dotted name -> the module's settings
  Limits limits;
  State state;
  Quarantine quarantine;
  History history;
  Control control;
  bool expose = true;            ///< X-Shoal-Generation on each answer
  std::optional<Status> status;  ///< nullopt: no such page
  std::optional<Health> health;  ///< nullopt: health checks are not answered
  Log log;
};

/// All errors of a configuration, one line each:
/// `conf/shoal.yaml:14: sweep.setle: unknown key; did you mean "settle"?`
class SettingsError : public std::runtime_error {
 public:
  explicit SettingsError(std::vector<std::string> errors);

  const std::vector<std::string>& errors() const { return errors_; }

 private:
  std::vector<std::string> errors_;
};

/// Reads and checks a configuration file. Opens no other file. Throws SettingsError with all
/// errors, in the order of the file. Safe to call from any thread.
Settings read(const std::filesystem::path& file);

/// Returns the run folder that the file names, even if the file has other errors: a container may
/// still serve with an earlier version of the file. Throws SettingsError if the folder cannot be
/// read from the file.
std::filesystem::path run_folder_of(const std::filesystem::path& file);

/// Returns the apps folder that the file names, in the same way.
std::filesystem::path apps_folder_of(const std::filesystem::path& file);

}  // namespace shoal::settings
