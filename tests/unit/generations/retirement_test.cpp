// An old generation leaves nothing: no mapping, no descriptor. And what does not leave is named.

#include "deployed.hpp"
#include "generations/holders.hpp"
#include "long_run.hpp"
#include "unit/holdings.hpp"

namespace shoal::generations {
namespace {

namespace fs = std::filesystem;
namespace message = releases::message;
using testing::HasSubstr;

class Retiring : public Deployed {
 protected:
  test::Holdings holdings() const { return test::holdings_of(run()); }

  std::map<unsigned long, std::string> lingering(const std::string& group) const {
    for (const auto& report : generations_->report()) {
      if (report.group == group) return report.lingering;
    }
    return {};
  }
};

TEST_F(Retiring, ComesAfterTheLastRequestThatHoldsTheGeneration) {
  serve({pond("v1", 1)});
  auto held = enter("pond.left");
  const fs::path old = held->find("pond.left")->generation->folder();
  tell(message::kServe, pond("v2", 2));
  published();
  EXPECT_EQ(answer_in(*held, "pond.left"), "left 1 on base 1");
  EXPECT_TRUE(still_mapped(old));
  held.reset();
  answer(message::kRetired);
  EXPECT_FALSE(still_mapped(old));
}

TEST_F(Retiring, LeavesNothingOfManyGenerations) {
  serve({pond("v1", 1)});
  const auto reloads = static_cast<unsigned long>(test::repetitions(25, 500));
  test::Holdings after_ten;
  for (unsigned long number = 2; number <= reloads; ++number) {
    const bool even = number % 2 == 0;
    tell(message::kServe, pond(even ? "v2" : "v1", number));
    published();
    ASSERT_EQ(get("pond.left"), even ? "left 2 on base 2" : "left 1 on base 1");
    tell(message::kOpen, lone("throws", number));
    answer(message::kFailed);
    EXPECT_EQ(answer(message::kRetired).at("number"), number - 1);
    if (number == 10) after_ten = holdings();
  }
  const test::Holdings now = holdings();
  EXPECT_EQ(now.objects, after_ten.objects);
  EXPECT_EQ(now.mappings, after_ten.mappings);
  EXPECT_EQ(now.descriptors, after_ten.descriptors);
}

TEST_F(Retiring, ClosesEverythingAtTheEnd) {
  serve({pond("v1", 1), lone("v1", 1)});
  tell(message::kOpen, lone("v2", 2));
  answer(message::kOpened);
  EXPECT_TRUE(still_mapped(run()));
  generations_.reset();
  EXPECT_FALSE(still_mapped(run()));
}

TEST_F(Retiring, ClosesNothingThatIsHeldAtTheEnd) {
  serve({lone("v1", 1)});
  const auto held = enter("lone");
  generations_.reset();
  EXPECT_EQ(answer_in(*held, "lone"), "lone 1");
}

TEST_F(Retiring, WaitsForThreadsThatTheModuleLeftBehindAndNamesThem) {
  const fs::path runs = folder() / "runs";
  std::ofstream{runs};
  settings_of_lone({{"while", runs}});
  serve({lone("restless", 1)});
  tell(message::kServe, lone("missing_symbol", 2));
  answer(message::kFailed);
  tell(message::kGone, {{"group", "lone"}});
  ASSERT_TRUE(eventually([this] { return !lingering("lone").empty(); }));
  EXPECT_THAT(lingering("lone").at(1), HasSubstr("\"beast\" still runs in it"));
  tell(message::kReport);
  EXPECT_EQ(answer(message::kReported).at("mapped"), json({{"lone", {1}}}));
  fs::remove(runs);
  EXPECT_EQ(answer(message::kRetired), json({{"group", "lone"}, {"number", 1}}));
  EXPECT_TRUE(lingering("lone").empty());
}

TEST_F(Retiring, WaitsForThreadsThatUsedAThreadLocalAndNamesTheFile) {
  serve({lone("thread_local", 1)});
  std::atomic<bool> used = false, ends = false;
  std::thread visitor([&] {
    const base::OwnThread own_thread;
    get("lone");
    used = true;
    while (!ends) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });
  EXPECT_TRUE(eventually([&] { return used.load(); }));
  tell(message::kGone, {{"group", "lone"}});
  EXPECT_TRUE(eventually([this] { return !lingering("lone").empty(); }));
  EXPECT_THAT(lingering("lone")[1], HasSubstr("thread_local/lone.so; keep such data"));
  ends = true;
  visitor.join();
  EXPECT_EQ(answer(message::kRetired), json({{"group", "lone"}, {"number", 1}}));
}

}  // namespace
}  // namespace shoal::generations
