#include <future>

#include "eventually.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

/// What reloads promise to requests. `apps/site` is a link to the folder of a version: one `ln`
/// drops all its files at once.
class Generations : public Site {
 protected:
  explicit Generations(SiteOptions options = {}) : Site(std::move(options)) {}

  void SetUp() override {
    switch_to("1");
    drop("1", {"lone"});
    start();
  }

  void switch_to(const std::string& version) {
    shell("ln -sfn $BUILT/" + version + "/site $APPS/site");
  }
};

TEST_F(Generations, StayTheSameForARequestFromItsFirstLineToItsLast) {
  auto answer = begin_request("/patient");
  switch_to("2");
  EXPECT_EQ(version_of(get("/")), "2");
  let_go_on();
  EXPECT_EQ(version_of(answer.get()), "1");
  EXPECT_EQ(version_of(get("/")), "2");
}

TEST_F(Generations, AreUnmappedOnceTheirLastRequestHasEnded) {
  auto answer = begin_request("/patient");
  switch_to("2");
  EXPECT_EQ(generation("/"), "site/2");
  EXPECT_EQ(stage_folders(), 3u) << "the old generation is still in use";
  let_go_on();
  EXPECT_EQ(version_of(answer.get()), "1");
  EXPECT_TRUE(eventually([&] { return stage_folders() == 2; }));
  EXPECT_TRUE(eventually([&] { return mapped_stage_files().size() == 6; }))
      << ::testing::PrintToString(mapped_stage_files());
}

TEST_F(Generations, AreLoadedOnceHoweverManyRequestsCome) {
  Visitors visitors(port(), 16, {"/", "/about"}, [](const auto& path, const Response& answer) {
    const bool known = answer.generation() == "site/1" || answer.generation() == "site/2";
    return known ? check_page(path, answer) : "generation " + answer.generation();
  });
  visitors.wait_for_responses(100);
  switch_to("2");
  EXPECT_EQ(version_of(get("/")), "2");
  visitors.wait_for_responses(100);
  expect_no_failure(visitors);
  EXPECT_EQ(generation("/"), "site/2");
  EXPECT_EQ(said("site/2: live"), 1u);
  EXPECT_EQ(generation("/lone"), "lone/1") << "another group keeps its generation";
}

TEST_F(Generations, AreReplacedAsAWholeWhenOneModuleIsStale) {
  shell("rm $APPS/site; cp -r $BUILT/1/site $APPS/");
  EXPECT_EQ(version_of(get("/about")), "1");
  const std::string before = generation("/about");
  drop("2", {"site.widget.menu"});
  EXPECT_NE(generation("/about"), before);
  EXPECT_EQ(generation("/about"), generation("/"));
  EXPECT_EQ(generation("/lone"), "lone/1");
}

TEST_F(Generations, AreReplacedEvenIfAllStagesWereRemoved) {
  shell("rm -r $HERE/run/stages");
  drop("2", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  EXPECT_EQ(version_of(get("/")), "1");
}

class SlowLoad : public Generations {
 protected:
  explicit SlowLoad(const std::string& wait = "60s")
      : Generations({.sweep = "{ settle: 10ms, wait: " + wait + " }",
                     .modules = "{ lone: { meet: $HERE/loading } }"}) {}

  /// Drops a module whose constructor waits, and sends a request to it.
  void drop_slow_module() {
    drop("slow_to_make", {"lone"});
    response_ = std::async(std::launch::async, [this] { return Visitor(port()).get("/lone"); });
    expect_waiting("loading");
  }

  std::future<Response> response_;
};

TEST_F(SlowLoad, DelaysNoRequestToAnotherGroup) {
  drop_slow_module();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(version_of(get("/")), "1");
  EXPECT_NE(response_.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  let_go_on("loading");
  EXPECT_EQ(response_.get().body, "lone late\n");
  EXPECT_EQ(generation("/lone"), "lone/2");
}

class SlowLoadBeyondTheWait : public SlowLoad {
 protected:
  SlowLoadBeyondTheWait() : SlowLoad("300ms") {}
};

TEST_F(SlowLoadBeyondTheWait, LeavesTheOldGenerationServingMeanwhile) {
  drop_slow_module();
  EXPECT_EQ(response_.get().body, "lone 1\n");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  let_go_on("loading");
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone late\n"; }));
  EXPECT_EQ(generation("/lone"), "lone/2");
}

class PinnedModule : public Generations {
 protected:
  PinnedModule() : Generations({.groups = "{ site: [site] }"}) {}
};

TEST_F(PinnedModule, StaysAsItWasLoaded) {
  drop("2", {"lone"});
  switch_to("2");
  EXPECT_EQ(version_of(get("/")), "2");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
}

}  // namespace
}  // namespace shoal::system
