#include "serving/request_watchdog.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "base/current_request.hpp"
#include "crash/stack_of.hpp"

namespace shoal::serving {
namespace {

using std::chrono::milliseconds;
using State = ThreadSlot::State;

// A slow or overdue request is noticed at most this late.
constexpr milliseconds kInterval{50};

// A thread that does not answer within this time waits in the kernel, most likely for a disk.
constexpr milliseconds kStackTimeout{500};

/// Returns what the thread waits for; or an empty text, and its stack in `frames`.
std::string where_is(const ThreadSlot::View& view, std::vector<crash::Frame>& frames) {
  if (view.status.state == State::kWaiting) return "waits for its group to be loaded";
  if (view.status.state == State::kWriting) return "waits for the web server to take the answer";
  frames = crash::frames_of_thread(view.thread, kStackTimeout);
  return frames.empty() ? "its thread did not answer, so its stack is unknown" : "";
}

}  // namespace

RequestWatchdog::RequestWatchdog(const Scoreboard& scoreboard, StackLog& stacks, milliseconds slow,
                                 Replace replace)
    : scoreboard_(scoreboard),
      stacks_(stacks),
      slow_(slow),
      replace_(std::move(replace)),
      ticker_(kInterval, [this] { look(); }) {}

void RequestWatchdog::look() {
  const auto runs_freely_since = runs_freely_.since();
  for (std::size_t number = 0; number < scoreboard_.size(); ++number) {
    look_at(number, runs_freely_since);
  }
}

void RequestWatchdog::look_at(std::size_t number, ThreadSlot::Clock::time_point runs_freely_since) {
  const ThreadSlot::View view = scoreboard_.slot(number).view();
  const State state = view.status.state;
  if (state == State::kIdle) return;
  Logged& logged = logged_[number];
  if (logged.began != view.began) logged = {view.began, false, false};

  const auto so_far = ThreadSlot::Clock::now() - std::max(view.began, runs_freely_since);
  if (view.timeout.count() != 0 && so_far >= view.timeout && !std::exchange(logged.overdue, true)) {
    logged.slow = true;
    log(view, "over its request_timeout", spdlog::level::err);
    if (!std::exchange(replaced_, true)) replace_("a request is over its request_timeout");
  }
  if (slow_.count() != 0 && so_far >= slow_ && !std::exchange(logged.slow, true)) {
    log(view, "slow", spdlog::level::warn);
  }
}

void RequestWatchdog::log(const ThreadSlot::View& view, const char* what,
                          spdlog::level::level_enum level) const {
  const auto so_far = std::chrono::ceil<milliseconds>(ThreadSlot::Clock::now() - view.began);
  std::vector<crash::Frame> frames;
  const std::string where = where_is(view, frames);
  const status::Thread& status = view.status;
  const base::CurrentRequest current(status.id);
  const std::string answers =
      status.module.empty() ? "" : ": " + status.module + " (" + status.generation + ")";
  spdlog::log(level, "{}{}: {} after {} ms:", status.request, answers, what, so_far.count());
  if (!where.empty()) return spdlog::log(level, "  {}", where);
  std::vector<StackLog::Stack> stacks;
  stacks.push_back({"", std::move(frames)});
  stacks_.log(level, std::move(stacks));
}

}  // namespace shoal::serving
