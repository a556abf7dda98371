#pragma once

#include <memory>
#include <vector>

#include "daemon/link.hpp"
#include "fastcgi/handover.hpp"
#include "fastcgi/listener.hpp"
#include "settings/settings.hpp"

namespace shoal::daemon {

/// What the supervisor and its workers say to each other over their Link, under the key "say".
namespace words {
inline constexpr const char* kReady = "ready";        ///< worker: serves from now on
inline constexpr const char* kFailed = "failed";      ///< worker: cannot start, "why"; it ends
inline constexpr const char* kUnserved = "unserved";  ///< worker: "groups" without a generation
inline constexpr const char* kReplace = "replace";    ///< worker: wants to be replaced, "why"
inline constexpr const char* kReport = "report";  ///< both: asks with "ask", tells with "report"
inline constexpr const char* kDrain = "drain";  ///< supervisor: finish what runs, "hand_over", end
inline constexpr const char* kReopen = "reopen";          ///< supervisor: the log was moved away
inline constexpr const char* kReconsider = "reconsider";  ///< supervisor: the ledger on "group"
}  // namespace words

/// A worker process, from its fork to its exit code: loads modules, serves requests from the
/// listeners, takes over connections that others leave, and does what the supervisor says until
/// that is to drain, or the supervisor is gone.
///
/// `speaks`: says at the start, at level info, what it serves; one of several is enough.
///
/// REQUIRES: the process has one thread, and the signals of Signals are blocked.
int work(const settings::Settings& settings, std::vector<fastcgi::Listener> listeners,
         std::shared_ptr<const fastcgi::Handover> handover, Link supervisor, bool speaks);

}  // namespace shoal::daemon
