#include "releases/deployer/life.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace shoal::releases {
namespace {

using State = Life::State;
using Event = Life::Event;

struct Transition {
  State from;
  Event event;
  State to;
};

// A change during a trial or an opening does not end it: what was staged is whole. It is judged,
// and then the group settles again.
constexpr std::array<Transition, 19> kTransitions{{
    {State::kCurrent, Event::kChanged, State::kSettling},
    {State::kSettling, Event::kChanged, State::kSettling},
    {State::kSettling, Event::kReverted, State::kCurrent},
    {State::kSettling, Event::kBegun, State::kTrying},
    {State::kSettling, Event::kJudged, State::kCurrent},
    {State::kTrying, Event::kChanged, State::kTrying},
    {State::kTrying, Event::kUnstable, State::kSettling},
    {State::kTrying, Event::kTried, State::kWaiting},
    {State::kTrying, Event::kJudged, State::kCurrent},
    {State::kWaiting, Event::kChanged, State::kWaiting},
    {State::kWaiting, Event::kTurn, State::kOpening},
    {State::kOpening, Event::kChanged, State::kOpening},
    {State::kOpening, Event::kUnstable, State::kSettling},
    {State::kOpening, Event::kInterrupted, State::kWaiting},
    {State::kOpening, Event::kOpened, State::kSpreading},
    {State::kOpening, Event::kJudged, State::kCurrent},
    {State::kSpreading, Event::kChanged, State::kSpreading},
    {State::kSpreading, Event::kUnstable, State::kSettling},
    {State::kSpreading, Event::kJudged, State::kCurrent},
}};

constexpr std::array<const char*, 6> kWords{"current", "settling", "trying",
                                            "waiting", "opening",  "spreading"};

}  // namespace

void Life::on(Event event) {
  const auto found = std::ranges::find_if(
      kTransitions, [&](const Transition& it) { return it.from == state_ && it.event == event; });
  if (found == kTransitions.end()) {
    throw std::logic_error("a group that is " + text_of(state_) + " cannot take event " +
                           std::to_string(static_cast<int>(event)));
  }
  const bool idle = state_ == State::kCurrent || state_ == State::kSettling;
  if (event == Event::kChanged && !idle) changed_meanwhile_ = true;
  if (event == Event::kBegun || event == Event::kUnstable) changed_meanwhile_ = false;
  state_ = found->to;
  if (event == Event::kJudged && changed_meanwhile_) {
    changed_meanwhile_ = false;
    state_ = State::kSettling;
  }
}

std::string text_of(Life::State state) { return kWords.at(static_cast<std::size_t>(state)); }

}  // namespace shoal::releases
