#include "releases/deployer/progress.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

namespace shoal::releases {
namespace {

using Event = Life::Event;

/// A group whose life has come so far.
Group pond_after(std::initializer_list<Event> events) {
  Group pond;
  pond.name = "pond";
  for (const auto event : events) {
    if (event == Event::kBegun) pond.deployment.emplace().number = 12;
    pond.life.on(event);
  }
  return pond;
}

TEST(Progress, NamesTheGroupUntilThereIsANumber) {
  EXPECT_EQ(progress_of(pond_after({Event::kChanged})), "pond: settling");
  EXPECT_EQ(progress_of(pond_after({Event::kChanged, Event::kBegun})), "pond/12: trying");
}

TEST(Progress, SaysWhatAGroupWaitsForThatDoesNotSettle) {
  Group pond = pond_after({Event::kChanged});
  pond.hindrance = "out of file descriptors; will retry";
  EXPECT_EQ(progress_of(pond), "pond: will be tried again: out of file descriptors; will retry");
  pond.waits_for_room = true;
  EXPECT_EQ(progress_of(pond), "pond: waiting until an old generation of it is unmapped");
}

TEST(Progress, SaysWhichWorkerOpensIt) {
  Group pond = pond_after({Event::kChanged, Event::kBegun, Event::kTried});
  EXPECT_EQ(progress_of(pond), "pond/12: waiting to be opened");
  pond.life.on(Event::kTurn);
  pond.deployment->awaited[4711] = {};
  EXPECT_EQ(progress_of(pond), "pond/12: waiting for worker 4711 to open it");
  pond.deployment->awaited[4711].begun = true;
  EXPECT_EQ(progress_of(pond), "pond/12: opening in worker 4711");
}

TEST(Progress, CountsTheWorkersThatAreAwaited) {
  Group pond =
      pond_after({Event::kChanged, Event::kBegun, Event::kTried, Event::kTurn, Event::kOpened});
  pond.deployment->awaited = {{1, {}}, {2, {}}, {3, {}}};
  EXPECT_EQ(progress_of(pond), "pond/12: opening in 3 other workers");
  pond.deployment->awaited = {{2, {}}};
  EXPECT_EQ(progress_of(pond), "pond/12: opening in 1 other worker");
}

}  // namespace
}  // namespace shoal::releases
