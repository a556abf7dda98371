// Several workers: the same numbers, and no worker serves what crashed.
#include "serving.hpp"
#include "unit/releases/logged.hpp"

namespace shoal::test {
namespace {

using testing::HasSubstr;

constexpr const char* kInstead = "lone/3 (instead of 2, quarantined): lone 1";

class Together : public Serving {
 protected:
  /// As a worker that was just started sees it.
  std::string seen_by_a_new_worker(const std::string& module) {
    return seen(container_->start_worker(), module);
  }

  void serve_two_and_withdraw_the_second() {
    drop("v1", "lone");
    serve();
    drop("v2", "lone");
    ASSERT_EQ(seen("lone"), "lone/2: lone 2");
    withdraw("lone", 2);
    ASSERT_TRUE(comes_to_serve(*worker_, "lone/3"));
  }
};

TEST_F(Together, GiveTheSameDropsTheSameNumbers) {
  drop_pond("v1");
  drop("v1", "lone");
  serve();
  auto& other = container_->start_worker();
  for (const char* number : {"2", "3"}) {
    const std::string version = *number == '2' ? "2" : "1";
    drop("v" + version, "lone");
    const std::string expected = "lone/" + std::string(number) + ": lone " + version;
    EXPECT_EQ(seen(other, "lone"), expected);
    EXPECT_EQ(seen("lone"), expected);
  }
  EXPECT_EQ(seen(other, "pond.left"), "pond/1: left 1 on base 1");
  EXPECT_EQ(seen_by_a_new_worker("lone"), "lone/3: lone 1");
}

TEST_F(Together, GetANewGenerationWithoutARequest) {
  drop("v1", "lone");
  serve();
  auto& other = container_->start_worker();
  drop("v2", "lone");
  EXPECT_TRUE(comes_to_serve(*worker_, "lone/2"));
  EXPECT_TRUE(comes_to_serve(other, "lone/2"));
}

TEST_F(Together, CountARefusedDrop) {
  drop("v1", "lone");
  serve();
  auto& other = container_->start_worker();
  drop("throws", "lone");
  EXPECT_EQ(seen("lone"), "lone/1: lone 1");
  EXPECT_EQ(seen(other, "lone"), "lone/1: lone 1");
  drop("v2", "lone");
  EXPECT_EQ(seen(other, "lone"), "lone/3: lone 2");
  EXPECT_EQ(seen("lone"), "lone/3: lone 2");
}

TEST_F(Together, AgreeOnARollBackThatOneHasSleptThrough) {
  sh("mkdir -p r/1/apps r/2/apps; ln -s r/1 current");
  sh("cp '" + built("v1", "lone").native() + "' r/1/apps");
  sh("cp '" + built("v2", "lone").native() + "' r/2/apps");
  apps_served_ = folder() / "current/apps";
  serve();
  auto& asleep = container_->start_worker();
  sh("ln -sfn r/2 current");
  EXPECT_EQ(seen("lone"), "lone/2: lone 2");
  sh("ln -sfn r/1 current");
  EXPECT_EQ(seen("lone"), "lone/3: lone 1");
  EXPECT_EQ(seen(asleep, "lone"), "lone/3: lone 1");
}

TEST_F(Together, HaveAWorkerThatStartsOnABadDropServeWhatTheOthersServe) {
  drop("v1", "lone");
  serve();
  drop("throws", "lone");
  EXPECT_EQ(seen("lone"), "lone/1: lone 1");
  auto& other = container_->start_worker();
  EXPECT_EQ(seen(other, "lone"), "lone/1: lone 1");
  EXPECT_THAT(refusal("lone"), HasSubstr("its constructor threw: no database"));
  drop("v2", "lone");
  EXPECT_EQ(seen(other, "lone"), "lone/3: lone 2");
  EXPECT_EQ(refusal("lone"), "");
}

TEST_F(Together, ReplaceByHandUnderOneNumber) {
  drop("v1", "lone");
  serve();
  auto& other = container_->start_worker();
  EXPECT_EQ(reload("lone"), "lone live lone/2");
  EXPECT_TRUE(comes_to_serve(*worker_, "lone/2"));
  EXPECT_TRUE(comes_to_serve(other, "lone/2"));
  EXPECT_EQ(seen_by_a_new_worker("lone"), "lone/2: lone 1");
  EXPECT_THAT(reload("nobody"), HasSubstr("there is no such group"));
}

TEST_F(Together, CanGoBackToFilesWhoseKeptCopiesWereDamagedOnceTheyAreDroppedAgain) {
  drop("v1", "lone");
  serve();
  EXPECT_EQ(verdict_on("v2", "lone"), "lone live lone/2");
  sh("echo damaged > run/releases/lone/1/lone.so");
  EXPECT_THAT(roll_back("lone"), HasSubstr("differs from what was dropped; drop the files again"));
  EXPECT_THAT(verdict_on("v1", "lone"), HasSubstr("lone live lone/"));
  EXPECT_THAT(verdict_on("v2", "lone"), HasSubstr("lone live lone/"));
  EXPECT_THAT(roll_back("lone", 1), HasSubstr("lone live lone/"));
  EXPECT_EQ(get("lone"), "lone 1");
}

TEST_F(Together, GoBackToTheLastGoodFilesWithoutARequest) {
  drop("v1", "lone");
  serve();
  auto& other = container_->start_worker();
  drop("v2", "lone");
  EXPECT_EQ(seen("lone"), "lone/2: lone 2");
  withdraw("lone", 2);
  EXPECT_TRUE(comes_to_serve(*worker_, "lone/3"));
  EXPECT_TRUE(comes_to_serve(other, "lone/3"));
  EXPECT_EQ(seen("lone"), kInstead);
  EXPECT_EQ(seen(other, "lone"), kInstead);
  EXPECT_EQ(seen_by_a_new_worker("lone"), kInstead);
  const auto group = container_->group("lone");
  EXPECT_EQ(group.withdrawn, 2u);
  EXPECT_EQ(group.crashes, 3u);
}

TEST_F(Together, SaysOnceWhatIsInQuarantineAndWhatEndsIt) {
  const Logged logged;
  serve_two_and_withdraw_the_second();
  EXPECT_EQ(reload("lone"), "lone live lone/4");
  end();
  const std::string text = logged.text();
  const std::string line =
      "error lone/2: in quarantine after 3 crashes; goes back to the files of lone/1 until new "
      "files are dropped\n";
  const auto said = text.find(line);
  EXPECT_NE(said, std::string::npos) << text;
  EXPECT_EQ(text.find("in quarantine", said + line.size()), std::string::npos) << text;
}

TEST_F(Together, EndAQuarantineWithWhateverIsDroppedNext) {
  serve_two_and_withdraw_the_second();
  drop("v2", "lone");
  EXPECT_EQ(seen("lone"), "lone/4: lone 2") << "the same content, dropped once more, is new";
  EXPECT_EQ(container_->group("lone").withdrawn, 0u);
  EXPECT_EQ(seen_by_a_new_worker("lone"), "lone/4: lone 2");
}

TEST_F(Together, KeepTheQuarantineWhenTheNextDropIsBad) {
  serve_two_and_withdraw_the_second();
  drop("throws", "lone");
  EXPECT_EQ(seen("lone"), kInstead);
  EXPECT_THAT(refusal("lone"), HasSubstr("no database"));
  EXPECT_EQ(seen_by_a_new_worker("lone"), kInstead);
}

TEST_F(Together, RememberAQuarantineWhenTheServiceStartsAgain) {
  serve_two_and_withdraw_the_second();
  restart();
  EXPECT_EQ(seen("lone"), "lone/4 (instead of 2, quarantined): lone 1");
  EXPECT_EQ(container_->group("lone").withdrawn, 2u);
  drop("v2", "lone");
  EXPECT_EQ(seen("lone"), "lone/5: lone 2");
  restart();
  EXPECT_EQ(seen("lone"), "lone/6: lone 2");
}

TEST_F(Together, RememberAQuarantineWhenTheDeployerIsReplaced) {
  serve_two_and_withdraw_the_second();
  container_->replace_deployer();
  EXPECT_EQ(container_->group("lone").withdrawn, 2u);
  EXPECT_EQ(seen("lone"), kInstead);
  EXPECT_EQ(seen_by_a_new_worker("lone"), kInstead);
}

TEST_F(Together, ServeNothingWhereNothingGoodIsKnown) {
  drop("v1", "lone");
  drop_pond("v1");
  serve();
  withdraw("lone", 1);
  EXPECT_TRUE(eventually([this] { return get("lone") == "503"; }));
  EXPECT_THAT(
      refusal("lone"),
      HasSubstr("lone/1 is in quarantine after 3 crashes, and no other files can serve instead"));
  EXPECT_EQ(seen_by_a_new_worker("lone"), "503");
  EXPECT_EQ(get("pond.left"), "left 1 on base 1");
  drop("v2", "lone");
  EXPECT_EQ(seen("lone"), "lone/2: lone 2");
  EXPECT_EQ(refusal("lone"), "");
}

TEST_F(Together, ServeNothingWhenWhatServesInsteadCrashesToo) {
  serve_two_and_withdraw_the_second();
  withdraw("lone", 3);
  EXPECT_TRUE(eventually([this] { return get("lone") == "503"; }));
}

TEST_F(Together, PutBackAWholeGroup) {
  drop_pond("v1");
  serve();
  drop("v2", "pond.base");
  ASSERT_EQ(seen("pond.left"), "pond/2: left 1 on base 2");
  withdraw("pond", 2);
  ASSERT_TRUE(comes_to_serve(*worker_, "pond/3"));
  EXPECT_EQ(seen("pond.left"), "pond/3 (instead of 2, quarantined): left 1 on base 1");
  EXPECT_EQ(get("pond.right"), "right 1 on base 1");
}

TEST_F(Together, KnowWhatAGenerationIsMadeOf) {
  drop_pond("v1");
  serve();
  const auto pond = container_->group("pond");
  ASSERT_TRUE(pond.serving);
  ASSERT_EQ(pond.serving->modules.size(), 3u);
  EXPECT_EQ(pond.serving->modules[0].module, "pond.base");
  EXPECT_FALSE(pond.serving->modules[0].handler);
  EXPECT_TRUE(pond.serving->modules[1].handler);
  const auto snapshot = enter("pond.left");
  EXPECT_THAT(snapshot->find("pond.left")->generation->files_text(),
              HasSubstr((apps() / "pond/left.so").native() + " "));
}

}  // namespace
}  // namespace shoal::test
