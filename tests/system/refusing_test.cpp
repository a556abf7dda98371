#include <gmock/gmock.h>

#include "site.hpp"

namespace shoal::system {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::ValuesIn;

/// A drop of `lone` that must not be served. bad_releases_test.cpp has many more.
struct BadDrop {
  const char* name;
  const char* drop;   ///< shell that puts it there
  const char* cause;  ///< what the log says
};
void PrintTo(const BadDrop& bad, std::ostream* stream) { *stream << bad.name; }

const BadDrop kBadDrops[] = {
    {"IsTruncated", "head -c 5000 $BUILT/2/lone.so > $APPS/lone.so", "incomplete"},
    {"LacksItsEnd", "head -c -64 $BUILT/2/lone.so > $APPS/lone.so", "incomplete"},
    {"IsEmpty", ": > $APPS/lone.so", "incomplete: it is empty"},
    {"IsNotASharedObject", "echo 'int main() {}' > $APPS/lone.so", "not a shared object"},
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

class BadDropAtTheStart : public Site, public ::testing::WithParamInterface<BadDrop> {
 protected:
  void SetUp() override { drop("1"); }
};

TEST_P(BadDropAtTheStart, LeavesOnlyItsOwnGroupUnserved) {
  shell(GetParam().drop);
  start();
  const Response answer = get("/lone");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, ::testing::Not(HasSubstr("lone.so")));
  EXPECT_EQ(version_of(get("/")), "1");
  EXPECT_THAT(first_refusal(), HasSubstr(file("lone").native()));
  EXPECT_THAT(first_refusal(), ContainsRegex(GetParam().cause));
  EXPECT_THAT(log(), HasSubstr("not serving lone: " + file("lone").native() + ": "));

  drop("2", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  EXPECT_EQ(generation("/lone"), "lone/1");
}

INSTANTIATE_TEST_SUITE_P(, BadDropAtTheStart, ValuesIn(kBadDrops),
                         [](const auto& bad) { return std::string(bad.param.name); });

class BadModule : public Site {
 protected:
  void SetUp() override {
    drop("1");
    start();
  }
};

TEST_F(BadModule, KeepsItsWholeGroupAtTheOldGeneration) {
  Visitors visitors(port(), 4, {"/", "/about"}, check_page);
  drop("2", {"site.layout.page", "site.screen.index", "site.widget.menu"});
  shell("echo torn > $APPS/site/screen/about.so");
  EXPECT_EQ(version_of(get("/")), "1");
  EXPECT_EQ(version_of(get("/about")), "1");
  EXPECT_EQ(said("drop refused"), 1u);
  drop("2", {"site.screen.about", "site.screen.patient"});
  EXPECT_EQ(version_of(get("/")), "2");
  EXPECT_EQ(version_of(get("/about")), "2");
  expect_no_failure(visitors);
}

TEST_F(BadModule, MayBeABaseThatLacksASymbolOfItsHandlers) {
  drop("empty_base", {"site.layout.page"});
  EXPECT_EQ(version_of(get("/")), "1");
  EXPECT_THAT(log(), ContainsRegex("drop refused: .*undefined symbol"));
  drop("1", {"site.layout.page"});
  EXPECT_EQ(version_of(get("/")), "1");
  EXPECT_EQ(said("drop refused"), 1u);
}

TEST_F(BadModule, DoesNotDelayDropsOfOtherGroups) {
  shell("echo torn > $APPS/site/screen/about.so");
  drop("2", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  EXPECT_EQ(version_of(get("/about")), "1");
}

TEST_F(BadModule, IsRetriedOnlyWhenItsFilesChange) {
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

TEST_F(BadModule, IsForgottenWhenTheOldFileReturns) {
  shell("mv $APPS/lone.so $HERE/kept.so; echo torn > $APPS/lone.so");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  shell("mv $HERE/kept.so $APPS/lone.so");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_EQ(said("drop refused"), 1u);
}

}  // namespace
}  // namespace shoal::system
