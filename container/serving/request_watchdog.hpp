#pragma once

#include <spdlog/common.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/debugged.hpp"
#include "base/ticker.hpp"
#include "serving/scoreboard.hpp"
#include "serving/stack_log.hpp"

namespace shoal::serving {

/// Looks at what the threads of the pool do, and speaks of what takes too long: a slow request is
/// logged with its stack while it is slow; one that is over its timeout as well, and then the
/// process wants to be replaced, since a thread cannot be stopped alone. Time in which a debugger
/// is attached to the process does not count.
class RequestWatchdog {
 public:
  /// Called once, on the watchdog's thread, with the reason.
  using Replace = std::function<void(const std::string& why)>;

  /// `slow`: 0 for not at all. REQUIRES: `scoreboard` and `stacks` outlive it.
  RequestWatchdog(const Scoreboard& scoreboard, StackLog& stacks, std::chrono::milliseconds slow,
                  Replace replace);

 private:
  void look();
  void look_at(std::size_t number, ThreadSlot::Clock::time_point runs_freely_since);
  std::string where_is(std::size_t number, const ThreadSlot::View& view,
                       std::vector<crash::Frame>& frames) const;
  void log(std::size_t number, const ThreadSlot::View& view, const char* what,
           spdlog::level::level_enum level) const;

  /// What has been logged of the visit that a slot has.
  struct Logged {
    ThreadSlot::Clock::time_point began{};  ///< of the visit, which it is known by
    bool slow = false;
    bool overdue = false;
  };

  const Scoreboard& scoreboard_;
  StackLog& stacks_;
  const std::chrono::milliseconds slow_;
  const Replace replace_;
  std::map<std::size_t, Logged> logged_;  // of the ticker alone, like what follows
  bool replaced_ = false;
  base::RunsFreely runs_freely_;
  base::Ticker ticker_;  // last: uses all of the above
};

}  // namespace shoal::serving
