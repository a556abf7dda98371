#include <gmock/gmock.h>

#include "site.hpp"

namespace shoal::system {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::ValuesIn;

/// A drop that must not be served: how it gets into the place of lone.so, and what the log says.
/// There are many more in zoo_test.cpp, dropped while others are served.
struct BadDrop {
  const char* name;
  const char* drop;
  const char* cause;
};
void PrintTo(const BadDrop& bad, std::ostream* stream) { *stream << bad.name; }

const BadDrop kBadDrops[] = {
    {"IsTruncated", "head -c 5000 $BUILT/2/lone.so > $APPS/lone.so", "incomplete"},
    {"HasALostEnd", "head -c -64 $BUILT/2/lone.so > $APPS/lone.so", "incomplete"},
    {"IsEmpty", ": > $APPS/lone.so", "incomplete: it is empty"},
    {"IsNoSharedObject", "echo 'int main() {}' > $APPS/lone.so", "not a shared object"},
    {"IsAProgram", "cp $SHOAL $APPS/lone.so", "lone.so"},
    {"HasAMissingSymbol", "cp $BUILT/missing_symbol/lone.so $APPS",
     "undefined symbol: .*in_no_library"},
    {"NeedsALibraryOfAnotherGroup", "cp $BUILT/1/site/screen/index.so $APPS/lone.so",
     "needs .*/site/layout/page.so, a module of group site"},
    {"ThrowsWhenMade", "cp $BUILT/throws_when_made/lone.so $APPS",
     "its constructor threw: no database at db.example"},
    {"ThrowsANumberWhenMade", "cp $BUILT/throws_a_number/lone.so $APPS",
     "its constructor threw something that is no std::exception"},
    {"CrashesWhenOpened", "cp $BUILT/zoo/crashes.so $APPS/lone.so", "crashed with SIGSEGV"},
};

class ABadDrop : public Site, public ::testing::WithParamInterface<BadDrop> {
 protected:
  void SetUp() override { drop("1"); }

  /// The line of the log that tells of a refusal.
  std::string refusal() const {
    const std::string all = log();
    const auto at = all.find("drop refused: ");
    return at == std::string::npos ? "none" : all.substr(at, all.find('\n', at) - at);
  }
};

TEST_P(ABadDrop, AtTheStartKeepsItsGroupAloneFromBeingServed) {
  shell(GetParam().drop);
  start();
  const Answer answer = get("/lone");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, ::testing::Not(HasSubstr("lone.so")));
  EXPECT_EQ(version_of(get("/")), "1");
  EXPECT_THAT(refusal(), HasSubstr(file("lone").native()));
  EXPECT_THAT(refusal(), ContainsRegex(GetParam().cause));
  EXPECT_THAT(log(), HasSubstr("not serving lone: " + file("lone").native() + ": "));

  drop("2", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  EXPECT_EQ(generation("/lone"), "lone/1");
}

INSTANTIATE_TEST_SUITE_P(, ABadDrop, ValuesIn(kBadDrops),
                         [](const auto& bad) { return std::string(bad.param.name); });

class ABadMember : public Site {
 protected:
  void SetUp() override {
    drop("1");
    start();
  }
};

TEST_F(ABadMember, KeepsItsWholeGroupAsItWas) {
  Clients clients(port(), 4, {"/", "/about"}, not_whole);
  drop("2", {"site.layout.page", "site.screen.index", "site.widget.menu"});
  shell("echo torn > $APPS/site/screen/about.so");
  EXPECT_EQ(version_of(get("/")), "1");
  EXPECT_EQ(version_of(get("/about")), "1");
  EXPECT_EQ(said("drop refused"), 1u);
  drop("2", {"site.screen.about", "site.screen.patient"});
  EXPECT_EQ(version_of(get("/")), "2");
  EXPECT_EQ(version_of(get("/about")), "2");
  const auto [requests, failed, problems] = clients.stop();
  EXPECT_EQ(failed, 0u) << "of " << requests << ": " << ::testing::PrintToString(problems);
}

TEST_F(ABadMember, MayBeABaseThatLacksWhatItsChildrenNeed) {
  drop("empty_base", {"site.layout.page"});
  EXPECT_EQ(version_of(get("/")), "1");
  EXPECT_THAT(log(), ContainsRegex("drop refused: .*undefined symbol"));
  drop("1", {"site.layout.page"});
  EXPECT_EQ(version_of(get("/")), "1");
  EXPECT_EQ(said("drop refused"), 1u);
}

TEST_F(ABadMember, DoesNotKeepOtherGroupsFromTheirDrops) {
  shell("echo torn > $APPS/site/screen/about.so");
  drop("2", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  EXPECT_EQ(version_of(get("/about")), "1");
}

TEST_F(ABadMember, IsTriedAgainOnlyWhenItsFilesChange) {
  shell("cp $BUILT/throws_when_made/lone.so $APPS");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  drop("2", {"site.widget.menu", "site.layout.page", "site.screen.index", "site.screen.about",
             "site.screen.patient"});
  EXPECT_EQ(version_of(get("/")), "2");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_EQ(said("drop refused"), 1u);
  shell("touch $APPS/lone.so");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_EQ(said("drop refused"), 2u);
}

TEST_F(ABadMember, ThatGivesWayToTheOldFileEndsTheMatter) {
  shell("mv $APPS/lone.so $HERE/kept.so; echo torn > $APPS/lone.so");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  shell("mv $HERE/kept.so $APPS/lone.so");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_EQ(said("drop refused"), 1u);
}

}  // namespace
}  // namespace shoal::system
