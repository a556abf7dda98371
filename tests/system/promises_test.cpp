#include <fstream>
#include <future>

#include "eventually.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;

/// The site lies in two folders, and `apps/site` leads to one of them: one `ln` drops all of it.
class Promises : public Site {
 protected:
  explicit Promises(Plan plan = {}) : Site(std::move(plan)) {}

  void SetUp() override {
    flip("1");
    drop("1", {"lone"});
    start();
  }

  void flip(const std::string& version) { shell("ln -sfn $BUILT/" + version + "/site $APPS/site"); }

  /// Asks for a page that waits, and returns when it is being made.
  std::future<Answer> begin(const std::string& path, const std::string& meeting) {
    const fs::path place = here() / meeting;
    auto answer = std::async(std::launch::async, [this, path, place] {
      return Visitor(port()).get(path + "?meet=" + place.native());
    });
    EXPECT_TRUE(eventually([&] { return fs::exists(place.native() + ".reached"); }));
    return answer;
  }

  void let_go(const std::string& meeting) { std::ofstream(here() / (meeting + ".go")).put('\n'); }
};

TEST_F(Promises, ARequestSeesOneGenerationFromItsFirstLineToItsLast) {
  auto answer = begin("/patient", "meeting");
  flip("2");
  EXPECT_EQ(version_of(get("/")), "2");
  let_go("meeting");
  EXPECT_EQ(version_of(answer.get()), "1");
  EXPECT_EQ(version_of(get("/")), "2");
}

TEST_F(Promises, AnOldGenerationIsUnmappedOnceItsLastRequestHasEnded) {
  auto answer = begin("/patient", "meeting");
  flip("2");
  EXPECT_EQ(generation("/"), "site/2");
  EXPECT_EQ(stage_folders(), 3u) << "the old one is still in use";
  let_go("meeting");
  EXPECT_EQ(version_of(answer.get()), "1");
  EXPECT_TRUE(eventually([&] { return stage_folders() == 2; }));
  EXPECT_TRUE(eventually([&] { return mapped_stage_files().size() == 6; }))
      << ::testing::PrintToString(mapped_stage_files());
}

TEST_F(Promises, ADropIsLoadedOnceHoweverManyClickAtThatMoment) {
  Clients clients(port(), 16, {"/", "/about"}, [](const auto& path, const Answer& answer) {
    const bool known = answer.generation() == "site/1" || answer.generation() == "site/2";
    return known ? not_whole(path, answer) : "generation " + answer.generation();
  });
  clients.ask_for(100);
  flip("2");
  EXPECT_EQ(version_of(get("/")), "2");
  clients.ask_for(100);
  const auto [requests, failed, problems] = clients.stop();
  EXPECT_EQ(failed, 0u) << "of " << requests << ": " << ::testing::PrintToString(problems);
  EXPECT_EQ(generation("/"), "site/2");
  EXPECT_EQ(said("site/2: live"), 1u);
  EXPECT_EQ(generation("/lone"), "lone/1") << "another group keeps its generation";
}

TEST_F(Promises, OneStaleMemberReplacesItsWholeGroup) {
  shell("rm $APPS/site; cp -r $BUILT/1/site $APPS/");
  EXPECT_EQ(version_of(get("/about")), "1");
  const std::string before = generation("/about");
  drop("1", {"site.widget.menu"});
  EXPECT_NE(generation("/about"), before);
  EXPECT_EQ(generation("/about"), generation("/"));
  EXPECT_EQ(generation("/lone"), "lone/1");
}

TEST_F(Promises, IsFreshAlsoWhenSomebodyHasCleanedAwayItsStages) {
  shell("rm -r $HERE/run/stages");
  drop("2", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  EXPECT_EQ(version_of(get("/")), "1");
}

class SlowToLoad : public Promises {
 protected:
  explicit SlowToLoad(const std::string& wait = "60s")
      : Promises({.sweep = "{ settle: 10ms, wait: " + wait + " }",
                  .modules = "{ lone: { meet: $HERE/loading } }"}) {}

  void drop_slow_one() {
    drop("slow_to_make", {"lone"});
    later_ = std::async(std::launch::async, [this] { return Visitor(port()).get("/lone"); });
    ASSERT_TRUE(eventually([&] { return fs::exists(here() / "loading.reached"); }));
  }

  std::future<Answer> later_;
};

TEST_F(SlowToLoad, AGroupDelaysNoRequestToAnother) {
  drop_slow_one();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(version_of(get("/")), "1");
  EXPECT_NE(later_.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  let_go("loading");
  EXPECT_EQ(later_.get().body, "lone late\n");
  EXPECT_EQ(generation("/lone"), "lone/2");
}

class SlowerThanTheWait : public SlowToLoad {
 protected:
  SlowerThanTheWait() : SlowToLoad("300ms") {}
};

TEST_F(SlowerThanTheWait, AGroupIsServedByItsOldGenerationMeanwhile) {
  drop_slow_one();
  EXPECT_EQ(later_.get().body, "lone 1\n");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  let_go("loading");
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone late\n"; }));
  EXPECT_EQ(generation("/lone"), "lone/2");
}

class Unswept : public Promises {
 protected:
  Unswept() : Promises({.groups = "{ site: [site] }"}) {}
};

TEST_F(Unswept, AModuleOfNoGroupStaysAsItWasLoaded) {
  drop("2", {"lone"});
  flip("2");
  EXPECT_EQ(version_of(get("/")), "2");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
}

}  // namespace
}  // namespace shoal::system
