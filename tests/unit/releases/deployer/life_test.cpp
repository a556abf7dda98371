#include "releases/deployer/life.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace shoal::releases {
namespace {

using State = Life::State;
using Event = Life::Event;

Life after(const std::vector<Event>& events) {
  Life life;
  for (const Event event : events) life.on(event);
  return life;
}

// How each state is reached.
const std::vector<Event> kToSettling{Event::kChanged};
const std::vector<Event> kToTrying{Event::kChanged, Event::kBegun};
const std::vector<Event> kToWaiting{Event::kChanged, Event::kBegun, Event::kTried};
const std::vector<Event> kToOpening{Event::kChanged, Event::kBegun, Event::kTried, Event::kTurn};
const std::vector<Event> kToSpreading{Event::kChanged, Event::kBegun, Event::kTried, Event::kTurn,
                                      Event::kOpened};

struct Transition {
  std::vector<Event> before;
  Event event;
  State after;
};

class EachTransition : public testing::TestWithParam<Transition> {};

TEST_P(EachTransition, LeadsToItsState) {
  Life life = after(GetParam().before);
  life.on(GetParam().event);
  EXPECT_EQ(text_of(life.state()), text_of(GetParam().after));
}

INSTANTIATE_TEST_SUITE_P(
    Life, EachTransition,
    testing::Values(Transition{{}, Event::kChanged, State::kSettling},
                    Transition{kToSettling, Event::kChanged, State::kSettling},
                    Transition{kToSettling, Event::kReverted, State::kCurrent},
                    Transition{kToSettling, Event::kBegun, State::kTrying},
                    Transition{kToSettling, Event::kJudged, State::kCurrent},
                    Transition{kToTrying, Event::kChanged, State::kTrying},
                    Transition{kToTrying, Event::kUnstable, State::kSettling},
                    Transition{kToTrying, Event::kTried, State::kWaiting},
                    Transition{kToTrying, Event::kJudged, State::kCurrent},
                    Transition{kToWaiting, Event::kChanged, State::kWaiting},
                    Transition{kToWaiting, Event::kTurn, State::kOpening},
                    Transition{kToOpening, Event::kChanged, State::kOpening},
                    Transition{kToOpening, Event::kUnstable, State::kSettling},
                    Transition{kToOpening, Event::kInterrupted, State::kWaiting},
                    Transition{kToOpening, Event::kOpened, State::kSpreading},
                    Transition{kToOpening, Event::kJudged, State::kCurrent},
                    Transition{kToSpreading, Event::kChanged, State::kSpreading},
                    Transition{kToSpreading, Event::kUnstable, State::kSettling},
                    Transition{kToSpreading, Event::kJudged, State::kCurrent}));

TEST(Life, BeginsWithWhatIsJudged) { EXPECT_EQ(Life().state(), State::kCurrent); }

TEST(Life, SettlesAgainAfterTheVerdictIfSomethingChangedMeanwhile) {
  for (const auto& before : {kToTrying, kToWaiting, kToOpening, kToSpreading}) {
    Life life = after(before);
    life.on(Event::kChanged);
    EXPECT_TRUE(life.changed_meanwhile());
    if (life.state() == State::kWaiting) life.on(Event::kTurn);
    life.on(Event::kJudged);
    EXPECT_EQ(life.state(), State::kSettling);
    EXPECT_FALSE(life.changed_meanwhile());
  }
}

TEST(Life, ForgetsAChangeThatTheNextTrialTakesIn) {
  Life life = after(kToTrying);
  life.on(Event::kChanged);
  life.on(Event::kUnstable);
  life.on(Event::kBegun);
  life.on(Event::kJudged);
  EXPECT_EQ(life.state(), State::kCurrent);
}

TEST(Life, RefusesWhatTheTableDoesNotHave) {
  struct {
    std::vector<Event> before;
    std::vector<Event> legal;
  } const all[]{
      {{}, {Event::kChanged}},
      {kToSettling, {Event::kChanged, Event::kReverted, Event::kBegun, Event::kJudged}},
      {kToTrying, {Event::kChanged, Event::kUnstable, Event::kTried, Event::kJudged}},
      {kToWaiting, {Event::kChanged, Event::kTurn}},
      {kToOpening,
       {Event::kChanged, Event::kUnstable, Event::kInterrupted, Event::kOpened, Event::kJudged}},
      {kToSpreading, {Event::kChanged, Event::kUnstable, Event::kJudged}},
  };
  for (const auto& [before, legal] : all) {
    for (int number = 0; number <= static_cast<int>(Event::kJudged); ++number) {
      const auto event = static_cast<Event>(number);
      if (std::ranges::find(legal, event) != legal.end()) continue;
      Life life = after(before);
      EXPECT_THROW(life.on(event), std::logic_error) << text_of(life.state()) << " " << number;
    }
  }
}

}  // namespace
}  // namespace shoal::releases
