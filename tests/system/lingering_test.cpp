// Modules that leave behind a thread, or something else that may still run their code: nothing
// crashes, the log names the cause, and a reload waits when too many generations linger.
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>

#include "built.hpp"
#include "eventually.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class Lingering : public Site {
 protected:
  // While a reload waits for old generations, the requests of its group wait as for a slow load.
  Lingering()
      : Site({.sweep = "{ settle: 50ms, wait: 500ms }",
              .modules = "{ lone: { while: $HERE/running } }"}) {}

  void SetUp() override {
    write_file(running(), "yes\n");
    drop("1", {"lone"});
    start();
  }
  void TearDown() override {
    stop_threads();
    Site::TearDown();
  }

  /// The threads of the modules run as long as this file exists.
  fs::path running() const { return here() / "running"; }
  void stop_threads() const { fs::remove(running()); }

  /// Drops a module of tests/modules/zoo as `lone`.
  void drop_lone(const std::string& module) { drop_file("zoo/" + module + ".so", "lone"); }

  /// Drops it with some bytes behind its end: the same bytes would be no new generation.
  void drop_another_build(const std::string& module) {
    shell("cp $BUILT/zoo/" + module + ".so $HERE/next.so; echo build " + std::to_string(++builds_) +
          " >> $HERE/next.so; mv $HERE/next.so $APPS/lone.so");
  }

  /// Drops it, too, and returns when it serves as this generation. Requests a path whose module no
  /// thread of the worker has looked up before.
  void drop_lone(const std::string& module, const std::string& generation) {
    drop_lone(module);
    ASSERT_TRUE(eventually([&] { return get("/lone/elsewhere").generation() == generation; }));
  }

  bool maps(const std::string& generation) const {
    const auto files = mapped_stage_files();
    return std::ranges::any_of(files, [&](const std::string& file) {
      return file.find("/" + generation + ".") != std::string::npos;
    });
  }

  static std::string check_status(const std::string&, const Response& response) {
    return response.status == 200 ? "" : std::to_string(response.status) + response.failure;
  }

  void expect_no_failure_or_refusal(Visitors& visitors) const {
    expect_no_failure(visitors);
    EXPECT_EQ(said("drop refused"), 0u);
  }

 private:
  int builds_ = 0;
};

/// A thread that a module starts and does not end. The parameter is the module.
class LeftoverThread : public Lingering, public ::testing::WithParamInterface<const char*> {};

TEST_P(LeftoverThread, IsNamedAndKeepsItsGenerationMappedUntilItEnds) {
  Visitors visitors(port(), 4, {"/lone"}, check_status);
  drop_lone(GetParam(), "lone/2");
  EXPECT_THAT(log(),
              ContainsRegex("lone/2: thread [0-9]+ \"beast\" still ran after the destructors "
                            "of its handlers; end this thread there"));
  drop("2", {"lone"});
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 2\n"; }));
  ASSERT_TRUE(eventually([&] { return said("lone/2: lingering: ") == 1; }));
  EXPECT_THAT(log(), ContainsRegex(
                         "lone/2: lingering: retired, yet still mapped; thread [0-9]+ "
                         "\"beast\" still runs in it; end this thread in the module's destructor"));
  EXPECT_TRUE(maps("lone.2"));
  visitors.wait_for_responses(50);

  stop_threads();
  EXPECT_TRUE(eventually([&] { return said("lone/2: no longer lingering") == 1; }));
  EXPECT_FALSE(maps("lone.2"));
  EXPECT_TRUE(eventually([&] { return stage_folders() == 1; }));
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 2\n"; }));
  expect_no_failure_or_refusal(visitors);
}

TEST_P(LeftoverThread, MayStillRunWhenTheContainerStops) {
  drop_lone(GetParam(), "lone/2");
  drop("2", {"lone"});
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 2\n"; }));
  ASSERT_TRUE(eventually([&] { return said("lone/2: lingering: ") == 1; }));
  EXPECT_EQ(stop_container(SIGTERM), 0);
}

INSTANTIATE_TEST_SUITE_P(, LeftoverThread, ::testing::Values("rests", "spins"),
                         [](const auto& module) { return std::string(module.param); });

TEST_F(LeftoverThread, OfThreeGenerationsDelaysTheNextReload) {
  Visitors visitors(port(), 4, {"/lone"}, check_status);
  // The fourth drop waits. The third does with a sanitizer: it leaves so many addresses on the
  // stacks that the first generation seems to be in use, too.
  for (int drops = 0; drops < 5 && said("a reload waits") == 0; ++drops) {
    const std::string before = generation("/lone");
    drop_another_build("rests");
    ASSERT_TRUE(
        eventually([&] { return generation("/lone") != before || said("a reload waits") == 1; }));
  }
  EXPECT_THAT(log(), ContainsRegex("lone: a reload waits: 3 generations of it are still mapped; "
                                   "the oldest is lone/[12]; see \"shoal status\""));
  EXPECT_THAT(log(), ContainsRegex("lone/[12]: lingering: .*thread [0-9]+ \"beast\".* still runs"))
      << "a worker tells what keeps it";
  const std::string serving = generation("/lone");
  visitors.wait_for_responses(50);
  EXPECT_EQ(generation("/lone"), serving);
  EXPECT_EQ(said("a reload waits"), 1u);

  stop_threads();
  EXPECT_TRUE(eventually([&] { return generation("/lone") != serving; }));
  drop("2", {"lone"});
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 2\n"; }));
  EXPECT_TRUE(eventually([&] { return said("no longer lingering") >= 2; }));
  EXPECT_TRUE(eventually([&] { return stage_folders() == 1; }));
  expect_no_failure_or_refusal(visitors);
}

TEST_F(Lingering, IsCausedByAThreadLocalThatRequestsHaveUsed) {
  Visitors visitors(port(), 4, {"/lone"}, check_status);
  drop_lone("thread_local", "lone/2");
  visitors.wait_for_responses(50);
  drop("2", {"lone"});
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 2\n"; }));
  ASSERT_TRUE(eventually([&] { return said("lone/2: lingering: ") == 1; }));
  EXPECT_THAT(log(),
              HasSubstr("lone/2: lingering: retired, yet still mapped; a thread_local with a "
                        "destructor keeps it until every thread that used it has ended: see " +
                        file("lone").native() + "; keep such data in the handler instead"));
  EXPECT_TRUE(maps("lone.2"));
  drop("1", {"lone"});
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 1\n"; }));
  expect_no_failure_or_refusal(visitors);
  EXPECT_EQ(stop_container(SIGTERM), 0) << "the destructors run at the end of the threads";
}

TEST_F(Lingering, EndsWithTheThreadOfALibraryThatHasUsedAThreadLocal) {
  drop_lone("pooled", "lone/2");
  drop("2", {"lone"});
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 2\n"; }));
  ASSERT_TRUE(eventually([&] { return said("lone/2: lingering: ") == 1; }));
  // A sanitizer leaves so many old addresses on the stacks that the thread seems to run the module.
  if (*built::kSanitizerFlags == '\0') {
    EXPECT_THAT(log(), HasSubstr("yet still mapped; a thread_local with a destructor keeps it"));
  }
  EXPECT_TRUE(maps("lone.2"));
  stop_threads();
  EXPECT_TRUE(eventually([&] { return said("lone/2: no longer lingering") == 1; }));
  EXPECT_FALSE(maps("lone.2"));
}

TEST_F(Lingering, IsNotCausedByThreadLocalsOfEndedThreads) {
  drop_lone("thread_local", "lone/2");
  for (int i = 0; i < 20; ++i) EXPECT_THAT(get("/lone/elsewhere").body, HasSubstr(": elsewhere"));
  drop("2", {"lone"});
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 2\n"; }));
  EXPECT_TRUE(eventually([&] { return said("lone/2: retired\n") == 1; }));
  EXPECT_FALSE(maps("lone.2"));
  EXPECT_EQ(said("lingering"), 0u);
}

}  // namespace
}  // namespace shoal::system
