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

/// The request watchdog looks at the thread slots every 50 ms. It logs each slow request once, with
/// the stack of its thread, while the request is still running. It logs a request that is over its
/// timeout too, and then asks for the worker to be replaced, since one thread cannot be stopped
/// alone. Time in which a debugger is attached to the process does not count.
class RequestWatchdog {
 public:
  /// Called at most once, on the thread of the watchdog, with the reason.
  using Replace = std::function<void(const std::string& why)>;

  /// `slow` is the time after which a request is slow; 0 switches this off. REQUIRES: `scoreboard`
  /// and `stacks` outlive the watchdog.
  RequestWatchdog(const Scoreboard& scoreboard, StackLog& stacks, std::chrono::milliseconds slow,
                  Replace replace);

 private:
  void look();
  void look_at(std::size_t number, ThreadSlot::Clock::time_point runs_freely_since);
  void log(const ThreadSlot::View& view, const char* what, spdlog::level::level_enum level) const;

  /// What has been logged of the current visit of a slot.
  struct Logged {
    ThreadSlot::Clock::time_point began{};  ///< tells the visit from the next one
    bool slow = false;
    bool overdue = false;
  };

  const Scoreboard& scoreboard_;
  StackLog& stacks_;
  const std::chrono::milliseconds slow_;
  const Replace replace_;
  std::map<std::size_t, Logged> logged_;  // this and the next two: used by the ticker alone
  bool replaced_ = false;
  base::RunsFreely runs_freely_;
  base::Ticker ticker_;  // last: its thread uses the members above
};

}  // namespace shoal::serving
