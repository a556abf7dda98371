#include "serving/timekeeper.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "base/current_request.hpp"
#include "crash/stack_of.hpp"

namespace shoal::serving {
namespace {

using std::chrono::milliseconds;
using Doing = Seat::Doing;

// A request is found to be slow, or overdue, at most this much late.
constexpr milliseconds kLook{50};

// A thread that does not answer by then waits for a disk.
constexpr milliseconds kStackTimeout{500};

}  // namespace

Timekeeper::Timekeeper(const Scoreboard& scoreboard, StackLog& stacks, milliseconds slow,
                       Replace replace)
    : scoreboard_(scoreboard),
      stacks_(stacks),
      slow_(slow),
      replace_(std::move(replace)),
      ticker_(kLook, [this] { look(); }) {}

void Timekeeper::look() {
  const auto runs_freely_since = runs_freely_.since();
  for (std::size_t number = 0; number < scoreboard_.size(); ++number) {
    look_at(number, runs_freely_since);
  }
}

void Timekeeper::look_at(std::size_t number, Seat::Clock::time_point runs_freely_since) {
  const Seat::Task task = scoreboard_.seat(number).task();
  // While it reads, the peer is bounded by limits.read_timeout.
  if (task.doing == Doing::kIdle || task.doing == Doing::kReading) return;
  Told& told = told_[number];
  if (told.request != task.number) told = {task.number, false, false};

  const auto so_far = Seat::Clock::now() - std::max(task.began, runs_freely_since);
  if (task.timeout.count() != 0 && so_far >= task.timeout && !std::exchange(told.overdue, true)) {
    told.slow = true;
    tell(number, task, "over its request_timeout", spdlog::level::err);
    if (!std::exchange(replaced_, true)) replace_("a request is over its request_timeout");
  }
  if (slow_.count() != 0 && so_far >= slow_ && !std::exchange(told.slow, true)) {
    tell(number, task, "slow", spdlog::level::warn);
  }
}

/// What the thread waits for; empty when its stack tells, which is in `frames` then.
std::string Timekeeper::where_is(std::size_t number, const Seat::Task& task,
                                 std::vector<crash::Frame>& frames) const {
  if (task.doing == Doing::kWaiting) return "waits for its group to be loaded";
  if (task.doing == Doing::kWriting) return "waits for the web server to take the answer";
  const bool looked = scoreboard_.seat(number).unless_in_peer_io(
      [&] { frames = crash::frames_of_thread(task.thread, kStackTimeout); });
  if (!looked) return "waits for the web server, to read or to write";
  return frames.empty() ? "its thread does not answer" : "";
}

void Timekeeper::tell(std::size_t number, const Seat::Task& task, const char* what,
                      spdlog::level::level_enum level) const {
  const auto so_far = std::chrono::ceil<milliseconds>(Seat::Clock::now() - task.began);
  std::vector<crash::Frame> frames;
  const std::string where = where_is(number, task, frames);
  const base::CurrentRequest current(task.id);
  const std::string answers =
      task.module.empty() ? "" : ": " + task.module + " (" + task.generation + ")";
  spdlog::log(level, "{}{}: {} after {} ms:", task.request, answers, what, so_far.count());
  if (!where.empty()) return spdlog::log(level, "  {}", where);
  std::vector<StackLog::Stack> stacks;
  stacks.push_back({"", std::move(frames)});
  stacks_.tell(level, std::move(stacks));
}

}  // namespace shoal::serving
