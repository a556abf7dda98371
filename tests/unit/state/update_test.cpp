#include <thread>
#include <vector>

#include "state_of_a_group.hpp"

namespace shoal::state {
namespace {

using testing::HasSubstr;
using Seen = std::optional<std::string>;

class Update : public StateOfAGroup {};

TEST_F(Update, MakesTheNewValueFromTheOld) {
  const auto longer = [](const Seen& seen) { return seen.value_or("none") + "+"; };
  EXPECT_EQ(pond().update("fish", longer), "none+");
  EXPECT_EQ(pond().update("fish", longer), "none++");
  EXPECT_EQ(pond().get("fish"), "none++");
}

TEST_F(Update, ChangesNothingWhenItsFunctionThrows) {
  pond().set("fish", "carp");
  const auto fails = [](const Seen&) -> std::string { throw std::domain_error("no fish"); };
  EXPECT_THROW(pond().update("fish", fails), std::domain_error);
  EXPECT_EQ(pond().get("fish"), "carp");
  EXPECT_THROW(pond().update("bird", fails), std::domain_error);
  EXPECT_EQ(pond().get("bird"), std::nullopt);
  pond().set("fish", "pike");  // the failed update holds no lock
  EXPECT_EQ(pond().get("fish"), "pike");
}

TEST_F(Update, PassesOnWhatItsFunctionThrowsEvenAnInt) {
  EXPECT_THROW(pond().update("fish", [](const Seen&) -> std::string { throw 42; }), int);
  pond().set("fish", "pike");
  EXPECT_EQ(pond().get("fish"), "pike");
}

TEST_F(Update, RefusesAResultThatIsTooLarge) {
  pond().set("fish", "carp");
  EXPECT_THAT(error_of([&] {
                pond().update("fish",
                              [](const Seen&) { return std::string(State::kMaxValue + 1, 'v'); });
              }),
              HasSubstr("1048577 bytes"));
  EXPECT_EQ(pond().get("fish"), "carp");
}

TEST_F(Update, ReadsTheEntriesFromBeforeItsStart) {
  pond().set("fish", "carp");
  pond().set("bird", "duck");
  pond().update("fish", [&](const Seen&) {
    return pond().get("fish").value() + " and " + pond().get("bird").value();
  });
  EXPECT_EQ(pond().get("fish"), "carp and duck");
}

TEST_F(Update, RefusesAWriteFromWithinItsFunction) {
  const auto lake = store().of("lake");
  const auto within = [&](const auto& work) {
    return error_of([&] {
      pond().update("fish", [&](const Seen&) {
        work();
        return "pike";
      });
    });
  };
  pond().set("fish", "carp");
  EXPECT_THAT(within([&] { pond().set("bird", "duck"); }), HasSubstr("from within State::update"));
  EXPECT_THAT(within([&] { pond().add("n", 1); }), HasSubstr("from within State::update"));
  EXPECT_THAT(within([&] { pond().erase("fish"); }), HasSubstr("from within State::update"));
  EXPECT_THAT(within([&] { lake->set("fish", "x"); }), HasSubstr("from within State::update"));
  EXPECT_THAT(within([&] { pond().update("n", [](const Seen&) { return "x"; }); }),
              HasSubstr("from within State::update"));
  EXPECT_EQ(pond().get("fish"), "carp");
  pond().set("fish", "pike");  // writing works again
  EXPECT_EQ(pond().get("fish"), "pike");
}

TEST_F(Update, LosesNothingWhenManyThreadsWrite) {
  constexpr int kThreads = 8;
  constexpr int kTimes = 200;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([state = store().of("pond")] {
      for (int time = 0; time < kTimes; ++time) {
        state->add("added", 1);
        state->update("updated", [](const Seen& seen) { return seen.value_or("") + "x"; });
        EXPECT_NE(state->get("added"), std::nullopt);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(pond().get("added"), std::to_string(kThreads * kTimes));
  EXPECT_EQ(pond().get("updated").value().size(), std::size_t{kThreads} * kTimes);
}

TEST_F(Update, DoesNotBlockReaders) {
  pond().set("fish", "carp");
  pond().update("fish", [&](const Seen&) {
    Seen seen;
    std::thread([&] { seen = pond().get("fish"); }).join();
    return seen.value() + ", says a reader";
  });
  EXPECT_EQ(pond().get("fish"), "carp, says a reader");
}

}  // namespace
}  // namespace shoal::state
