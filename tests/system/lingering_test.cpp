// Modules that leave something behind which still runs their code: nothing crashes, the holder is
// named, and what would grow without bound waits.
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <fstream>

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
  // While a reload waits for room, the requests of its group wait as long as for any slow load.
  Lingering()
      : Site({.sweep = "{ settle: 50ms, wait: 500ms }",
              .modules = "{ lone: { while: $HERE/cage } }"}) {}

  void SetUp() override {
    std::ofstream(cage()) << "locked\n";
    drop("1", {"lone"});
    start();
  }
  void TearDown() override {
    fs::remove(cage());
    Site::TearDown();
  }

  fs::path cage() const { return here() / "cage"; }

  /// Puts a beast of the zoo into the place of lone.so.
  void let_in(const std::string& beast) {
    shell("cp $BUILT/zoo/" + beast + ".so $HERE/aside.so; mv $HERE/aside.so $APPS/lone.so");
  }

  /// Returns when it is served as that generation. Asks for what no worker thread remembers.
  void let_in(const std::string& beast, const std::string& generation) {
    let_in(beast);
    ASSERT_TRUE(eventually([&] { return get("/lone/elsewhere").generation() == generation; }));
  }

  bool maps(const std::string& generation) const {
    const auto files = mapped_stage_files();
    return std::ranges::any_of(files, [&](const std::string& file) {
      return file.find("/" + generation + ".") != std::string::npos;
    });
  }

  static std::string not_ok(const std::string&, const Answer& answer) {
    return answer.status == 200 ? "" : std::to_string(answer.status) + answer.failure;
  }

  void expect_no_failure(Clients& clients) const {
    const auto [requests, failed, problems] = clients.stop();
    EXPECT_EQ(failed, 0u) << "of " << requests << ": " << ::testing::PrintToString(problems);
    EXPECT_EQ(said("drop refused"), 0u);
  }
};

/// Beasts whose threads run for as long as the cage exists.
class AThreadLeftBehind : public Lingering, public ::testing::WithParamInterface<const char*> {};

TEST_P(AThreadLeftBehind, IsNamedAndKeepsItsCodeUntilItEnds) {
  Clients clients(port(), 4, {"/lone"}, not_ok);
  let_in(GetParam(), "lone/2");
  EXPECT_THAT(log(),
              ContainsRegex("lone/2: thread [0-9]+ \"beast\" still ran after the destructors "
                            "of its handlers; end it there"));
  drop("2", {"lone"});
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 2\n"; }));
  ASSERT_TRUE(eventually([&] { return said("lone/2: lingering: ") == 1; }));
  EXPECT_THAT(log(),
              ContainsRegex("lone/2: lingering: retired, yet still mapped; thread [0-9]+ "
                            "\"beast\" still runs in it; end it in the module's destructor"));
  EXPECT_TRUE(maps("lone.2"));
  clients.ask_for(50);

  fs::remove(cage());
  EXPECT_TRUE(eventually([&] { return said("lone/2: lingers no more") == 1; }));
  EXPECT_FALSE(maps("lone.2"));
  EXPECT_TRUE(eventually([&] { return stage_folders() == 1; }));
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 2\n"; }));
  expect_no_failure(clients);
}

TEST_P(AThreadLeftBehind, MayStillRunWhenTheContainerStops) {
  let_in(GetParam(), "lone/2");
  drop("2", {"lone"});
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 2\n"; }));
  ASSERT_TRUE(eventually([&] { return said("lone/2: lingering: ") == 1; }));
  EXPECT_EQ(stop_container(SIGTERM), 0);
}

INSTANTIATE_TEST_SUITE_P(, AThreadLeftBehind, ::testing::Values("rests", "spins"),
                         [](const auto& beast) { return std::string(beast.param); });

TEST_F(AThreadLeftBehind, TimeAndAgainHasTheNextReloadWaitAndSaySo) {
  Clients clients(port(), 4, {"/lone"}, not_ok);
  // Three, or two where a sanitizer leaves so much on the stacks that others seem to be held as
  // well.
  for (int drops = 0; drops < 5 && said("a reload waits") == 0; ++drops) {
    const std::string before = generation("/lone");
    let_in("rests");
    ASSERT_TRUE(
        eventually([&] { return generation("/lone") != before || said("a reload waits") == 1; }));
  }
  EXPECT_THAT(log(),
              ContainsRegex("lone: a reload waits: 3 generations of it are still mapped; the "
                            "oldest, lone/[12]: thread [0-9]+ \"beast\".* still runs in it"));
  const std::string serving = generation("/lone");
  clients.ask_for(50);
  EXPECT_EQ(generation("/lone"), serving);
  EXPECT_EQ(said("a reload waits"), 1u);

  fs::remove(cage());
  EXPECT_TRUE(eventually([&] { return generation("/lone") != serving; }));
  drop("2", {"lone"});
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 2\n"; }));
  EXPECT_GE(said("lingers no more"), 2u);
  EXPECT_TRUE(eventually([&] { return stage_folders() == 1; }));
  expect_no_failure(clients);
}

TEST_F(Lingering, IsForThreadLocalsThatRequestsHaveUsed) {
  Clients clients(port(), 4, {"/lone"}, not_ok);
  let_in("thread_local", "lone/2");
  clients.ask_for(50);
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
  expect_no_failure(clients);
  EXPECT_EQ(stop_container(SIGTERM), 0) << "its destructors run at the end of the threads";
}

TEST_F(Lingering, EndsWithTheThreadOfAnotherLibraryThatHasUsedAThreadLocal) {
  let_in("pooled", "lone/2");
  drop("2", {"lone"});
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 2\n"; }));
  ASSERT_TRUE(eventually([&] { return said("lone/2: lingering: ") == 1; }));
  // A sanitizer's frames are so full of old addresses that the thread itself seems to be in there.
  if (*built::kSanitizerFlags == '\0') {
    EXPECT_THAT(log(), HasSubstr("yet still mapped; a thread_local with a destructor keeps it"));
  }
  EXPECT_TRUE(maps("lone.2"));
  fs::remove(cage());
  EXPECT_TRUE(eventually([&] { return said("lone/2: lingers no more") == 1; }));
  EXPECT_FALSE(maps("lone.2"));
}

TEST_F(Lingering, IsNotForThreadLocalsOfThreadsThatHaveEnded) {
  let_in("thread_local", "lone/2");
  for (int i = 0; i < 20; ++i) EXPECT_THAT(get("/lone/elsewhere").body, HasSubstr(": elsewhere"));
  drop("2", {"lone"});
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 2\n"; }));
  EXPECT_TRUE(eventually([&] { return said("lone/2: retired\n") == 1; }));
  EXPECT_FALSE(maps("lone.2"));
  EXPECT_EQ(said("lingering"), 0u);
}

}  // namespace
}  // namespace shoal::system
