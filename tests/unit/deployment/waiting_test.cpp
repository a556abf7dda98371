// Which requests wait for which drop, and for how long. Latches, not clocks: a module's constructor
// ends when the test says so.
#include <fcntl.h>

#include "base/descriptor.hpp"
#include "serving.hpp"

namespace shoal::test {
namespace {

class Waiting : public Serving {
 protected:
  Waiting() {
    drop("v1", "lone");
    drop_pond("v1");
  }

  /// Drops a `lone` whose constructor does not end, and returns once it runs.
  void drop_slow(const std::string& number) {
    hold(number);
    drop("slow" + number, "lone");
    enter("pond.left");
    ASSERT_TRUE(eventually([&] { return is_waiting(number); }));
  }
};

TEST_F(Waiting, ARequestGetsTheNewCodeHoweverLongItLoads) {
  serve();
  drop_slow("1");
  Visitor visitor(*this, "lone");
  lift("1");
  EXPECT_EQ(visitor.gets(), "slow 1");
}

TEST_F(Waiting, RequestsToOtherGroupsDoNotWait) {
  serve();
  drop_slow("1");
  EXPECT_EQ(get("pond.left"), "left 1 on base 1");
  EXPECT_EQ(get("nothing"), "404");
  EXPECT_EQ(label("lone"), "lone/1") << "still loading";
  lift("1");
  EXPECT_EQ(get("lone"), "slow 1");
}

TEST_F(Waiting, EndsWithTheOldCodeAfterTheTimeThatIsAllowed) {
  rules_.wait = std::chrono::milliseconds(50);
  serve();
  drop_slow("1");
  EXPECT_EQ(get("lone"), "lone 1");
  EXPECT_EQ(get("lone"), "lone 1");
  lift("1");
  EXPECT_TRUE(eventually([this] { return get("lone") == "slow 1"; }));
}

TEST_F(Waiting, AllowsADropItsOwnTimeThoughTheOneBeforeItTookTooLong) {
  rules_.wait = std::chrono::seconds(2);
  serve();
  drop_slow("1");
  EXPECT_EQ(get("lone"), "lone 1") << "after the time that is allowed";
  drop("v2", "lone");
  EXPECT_EQ(get("lone"), "lone 1") << "the worker is still at the first";
  lift("1");
  ASSERT_TRUE(eventually([this] { return label("lone") != "lone/1"; }));
  EXPECT_EQ(get("lone"), "lone 2");
}

TEST_F(Waiting, IsNotForWhatIsDroppedAfterTheRequestCame) {
  serve();
  hold("1");
  hold("2");
  drop("slow1", "lone");
  Visitor visitor(*this, "lone");
  ASSERT_TRUE(eventually([this] { return is_waiting("1"); }));
  ASSERT_TRUE(visitor.comes_to_wait());
  drop("slow2", "lone");
  EXPECT_EQ(get("pond.left"), "left 1 on base 1");  // a sweep learns of it
  lift("1");
  EXPECT_EQ(visitor.gets(), "slow 1") << "its own drop is loaded; the next one is not its affair";
  lift("2");
  EXPECT_EQ(get("lone"), "slow 2");
}

TEST_F(Waiting, IncludesWhatWasDroppedWhileTheGroupWasLoading) {
  serve();
  drop_slow("1");
  drop("v2", "lone");
  Visitor visitor(*this, "lone");
  lift("1");
  EXPECT_EQ(visitor.gets(), "lone 2");
  EXPECT_EQ(label("lone"), "lone/3");
}

TEST_F(Waiting, IsNotForAFileThatIsStillBeingWritten) {
  rules_.watch = WatchMode::kInotify;
  serve();
  const std::string whole = read(built("v2", "lone"));
  base::Descriptor file(::open((apps() / "pond/new.so").c_str(), O_CREAT | O_WRONLY, 0700));
  ASSERT_EQ(::write(file.get(), whole.data(), 1000), 1000);
  EXPECT_EQ(get("pond.new"), "404");
  EXPECT_EQ(get("pond.left"), "left 1 on base 1");
  ASSERT_EQ(::write(file.get(), whole.data() + 1000, whole.size() - 1000),
            static_cast<ssize_t>(whole.size() - 1000));
  file = base::Descriptor();
  EXPECT_EQ(get("pond.new"), "lone 2");
  EXPECT_EQ(refusal("pond"), "");
  EXPECT_EQ(label("pond"), "pond/2");
}

TEST_F(Waiting, IsNeededByNobodyAfterARollBackToWhatIsServed) {
  apps_served_ = folder() / "current";
  sh("mkdir r1 r2; ln -s r1 current");
  std::filesystem::copy_file(built("v1", "lone"), folder() / "r1/lone.so");
  std::filesystem::copy_file(built("throws", "lone"), folder() / "r2/lone.so");
  serve();
  sh("ln -sfn r2 current");
  EXPECT_EQ(get("lone"), "lone 1");
  EXPECT_NE(refusal("lone"), "");
  sh("ln -sfn r1 current");
  EXPECT_EQ(get("lone"), "lone 1");
  EXPECT_EQ(label("lone"), "lone/1") << "what it would load is loaded";
  EXPECT_EQ(refusal("lone"), "");
}

TEST_F(Waiting, SettlesEvenWhereNobodyMayWait) {
  rules_.wait = std::chrono::milliseconds(0);
  rules_.settle = std::chrono::minutes(10);
  serve();
  drop("v2", "pond.base");
  EXPECT_EQ(get("pond.left"), "left 1 on base 1");
  drop("v2",
       "lone");  // one file has nothing to settle: once it is live, the deployer has seen both
  ASSERT_TRUE(eventually([this] { return get("lone") == "lone 2"; }));
  EXPECT_EQ(label("pond"), "pond/1") << "it has not been quiet for long enough";
}

TEST_F(Waiting, IsNotForAGroupOfOneFileToSettle) {
  rules_.settle = std::chrono::minutes(10);
  serve();
  drop("v2", "lone");
  EXPECT_EQ(get("lone"), "lone 2");
  drop("v1", "lone");
  EXPECT_EQ(get("lone"), "lone 1");
}

TEST_F(Waiting, CountsTheQuietTimeFromTheDropAndNotFromTheRequest) {
  rules_.settle = std::chrono::minutes(10);
  apps_served_ = folder() / "current";
  sh("mkdir r1 r2; ln -s r1 current");
  std::filesystem::copy_file(built("v1", "lone"), folder() / "r1/lone.so");
  serve();
  EXPECT_EQ(get("lone"), "lone 1") << "what lies there at the start needs no time";
  EXPECT_EQ(label("lone"), "lone/1");
}

}  // namespace
}  // namespace shoal::test
