// Reload, rollback and quarantine beside drops: each gets what it asked for, and no drop is lost.
#include "releases/apps/marker.hpp"
#include "serving.hpp"

namespace shoal::test {
namespace {

using testing::HasSubstr;
using State = Life::State;
using nlohmann::json;

class Wishes : public Serving {
 protected:
  Wishes() { drop("v1", "lone"); }

  /// Drops a module and returns while a worker is in its constructor.
  void drop_slow() {
    hold("1");
    drop("slow1", "lone");
    ASSERT_TRUE(eventually([this] { return is_waiting("1"); }));
  }

  unsigned begin_reload() { return container_->ask_only({{"ask", "reload"}, {"group", "lone"}}); }
  unsigned begin_rollback(unsigned long number) {
    return container_->ask_only({{"ask", "rollback"}, {"group", "lone"}, {"number", number}});
  }
  std::string verdict_of(unsigned question) { return verdict_in(container_->answer_to(question)); }
};

TEST_F(Wishes, AReloadDuringADropReloadsWhatWasDropped) {
  serve();
  drop_slow();
  const auto reload = begin_reload();
  lift("1");
  EXPECT_EQ(verdict_of(reload), "lone live lone/3");
  EXPECT_EQ(seen("lone"), "lone/3: slow 1");
}

TEST_F(Wishes, GetTheVerdictsOnThemselves) {
  serve();
  drop_slow();
  const auto dropped = container_->ask_only(question_about({"lone"}));
  const auto rollback = begin_rollback(1);
  lift("1");
  EXPECT_EQ(verdict_of(dropped), "lone live lone/2");
  EXPECT_EQ(verdict_of(rollback), "lone live lone/3");
  EXPECT_EQ(seen("lone"), "lone/3: lone 1");
}

TEST_F(Wishes, AreGrantedOneAfterTheOther) {
  serve();
  EXPECT_EQ(verdict_on("v2", "lone"), "lone live lone/2");
  const auto first = begin_rollback(1), second = begin_rollback(2);
  EXPECT_EQ(verdict_of(first), "lone live lone/3");
  EXPECT_EQ(verdict_of(second), "lone live lone/4");
  EXPECT_EQ(seen("lone"), "lone/4: lone 2");
}

TEST_F(Wishes, ComeAfterFilesThatLayThereBefore) {
  rules_.settle = std::chrono::milliseconds(300);
  serve();
  drop("v2", "lone");
  EXPECT_EQ(verdict_of(begin_reload()), "lone live lone/3");
  EXPECT_EQ(seen("lone"), "lone/3: lone 2");
  drop("slow1", "lone");
  const auto dropped = container_->ask_only(question_about({"lone"}));
  EXPECT_EQ(verdict_of(begin_rollback(1)), "lone live lone/5");
  EXPECT_EQ(verdict_of(dropped), "lone live lone/4");
  EXPECT_EQ(seen("lone"), "lone/5: lone 1") << "the rollback was asked for after the drop";
}

TEST_F(Wishes, ComeBeforeFilesThatAreDroppedLater) {
  rules_.settle = std::chrono::milliseconds(300);
  serve();
  EXPECT_EQ(verdict_on("v2", "lone"), "lone live lone/2");
  drop_slow();
  const auto rollback = begin_rollback(1);
  ASSERT_TRUE(eventually([this] { return !container_->group("lone").wishes.empty(); }));
  drop("v2", "lone");
  lift("1");
  EXPECT_EQ(verdict_of(rollback), "lone live lone/4");
  EXPECT_EQ(verdict_in(container_->ask(question_about({"lone"}))), "lone live lone/5");
  EXPECT_EQ(seen("lone"), "lone/5: lone 2") << "a rollback serves until the next drop";
}

TEST_F(Wishes, AreNotHeldByADropThatDoesNotEnd) {
  serve();
  EXPECT_EQ(verdict_on("v2", "lone"), "lone live lone/2");
  Marker marker(apps());
  marker.raise();
  EXPECT_EQ(roll_back("lone"), "lone live lone/3");
}

TEST_F(Wishes, AreGrantedOnceWhenTheirDeployerDiedBeforeItAnswered) {
  serve();
  EXPECT_EQ(verdict_on("v2", "lone"), "lone live lone/2");
  EXPECT_EQ(verdict_on("slow1", "lone"), "lone live lone/3");
  const auto rollback = begin_rollback(0);
  EXPECT_EQ(verdict_of(rollback), "lone live lone/4");
  container_->replace_deployer([&] {
    // As the supervisor asks again what was not answered.
    container_->tell({{"say", "question"},
                      {"question", rollback},
                      {"who", "tester"},
                      {"words", {{"ask", "rollback"}, {"group", "lone"}, {"number", 0}}}});
  });
  container_->ask({{"ask", "history"}, {"group", "lone"}});
  EXPECT_EQ(seen("lone"), "lone/4: lone 2") << "and not one more back";
}

TEST_F(Wishes, OfAQuarantineDoNotUndoADropThatCameMeanwhile) {
  serve();
  EXPECT_EQ(verdict_on("v2", "lone"), "lone live lone/2");
  drop_slow();
  withdraw("lone", 2);
  lift("1");
  EXPECT_EQ(seen("lone"), "lone/3: slow 1");
  ASSERT_TRUE(comes_to_be("lone", State::kCurrent));
  EXPECT_EQ(seen("lone"), "lone/3: slow 1");
  EXPECT_EQ(container_->group("lone").withdrawn, 0u);
}

TEST_F(Wishes, OfAQuarantineGoFurtherBackIfKeptFilesAreDamaged) {
  serve();
  EXPECT_EQ(verdict_on("v2", "lone"), "lone live lone/2");
  EXPECT_EQ(verdict_on("slow1", "lone"), "lone live lone/3");
  write("run/releases/lone/2/lone.so", "damaged");
  withdraw("lone", 3);
  ASSERT_TRUE(eventually([this] { return get("lone") == "lone 1"; })) << refusal("lone");
  EXPECT_THAT(seen("lone"), HasSubstr("(instead of 3, quarantined): lone 1"));
}

TEST_F(Wishes, FindKeptFilesWholeAfterTheSameBytesWereDroppedAgain) {
  serve();
  write("run/releases/lone/1/lone.so", "damaged");
  EXPECT_THAT(verdict_of(begin_reload()), HasSubstr("lone refused lone/1: "));
  EXPECT_EQ(verdict_on("v1", "lone"), "lone unchanged lone/1");
  EXPECT_THAT(verdict_of(begin_reload()), HasSubstr("lone live lone/"));
}

TEST_F(Wishes, GrantWhatWasRolledBackFromWhenItIsDroppedWithoutADeployer) {
  serve();
  EXPECT_EQ(verdict_on("v2", "lone"), "lone live lone/2");
  EXPECT_EQ(roll_back("lone"), "lone live lone/3");
  container_->replace_deployer([this] { drop("v2", "lone"); });
  EXPECT_EQ(seen("lone"), "lone/4: lone 2");
}

TEST_F(Wishes, AreNotRefusedByAWorkerThatNobodyHasAsked) {
  begin();
  ASSERT_TRUE(comes_to_be("lone", State::kWaiting));
  container_->tell(
      {{"say", "from"},
       {"worker", 99},
       {"message",
        {{"say", "failed-to-open"}, {"group", "lone"}, {"number", 1}, {"why", "too late"}}}});
  worker_ = &container_->start_worker();
  EXPECT_EQ(seen("lone"), "lone/1: lone 1");
}

class Kept : public Wishes {
 protected:
  /// Returns `2 live *`, the line of the release that serves.
  std::string serving() {
    const json answer = container_->ask({{"ask", "history"}, {"group", "lone"}});
    for (const json& release : answer.at("releases")) {
      if (!release.at("serving").get<bool>()) continue;
      return std::to_string(release.at("number").get<unsigned>()) + " " +
             release.at("verdict").get<std::string>();
    }
    return "none";
  }
};

TEST_F(Kept, IsTheReleaseThatServesHoweverSmallTheBounds) {
  history_ = {.keep = 2, .size = 1};
  serve();
  for (const char* number : {"2", "3", "4", "5", "6"}) {
    const bool even = (*number - '0') % 2 == 0;
    EXPECT_EQ(verdict_on(even ? "v2" : "v1", "lone"), "lone live lone/" + std::string(number));
    EXPECT_THAT(serving(), HasSubstr("live"));
  }
  EXPECT_EQ(verdict_of(begin_reload()), "lone live lone/7");
}

TEST_F(Kept, IsAVerdictThatItsDeployerDiedTooEarlyToRecord) {
  serve();
  EXPECT_EQ(verdict_on("v2", "lone"), "lone live lone/2");
  container_->replace_deployer([this] {
    const auto path = run() / "releases/lone/2/manifest.json";
    json manifest = json::parse(std::ifstream(path));
    manifest["attempts"] = json::array();
    std::ofstream(path) << manifest;
    write_work(run(), "lone", {.fingerprint = "f", .file = "lone.so", .service = service_});
  });
  EXPECT_TRUE(read_works(run()).empty()) << "it died after its verdict, not over the files";
  EXPECT_EQ(serving(), "2 live");
  EXPECT_EQ(verdict_in(container_->ask(question_about({"lone"}))), "lone live lone/2");
  EXPECT_EQ(verdict_on("slow1", "lone"), "lone live lone/3");
  EXPECT_EQ(roll_back("lone"), "lone live lone/4");
  EXPECT_EQ(get("lone"), "lone 2") << "it is known as good";
}

}  // namespace
}  // namespace shoal::test
