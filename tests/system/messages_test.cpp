// What the log and `shoal probe` say about a drop names the real cause.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "eventually.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

using nlohmann::json;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Values;

class Messages : public Site {
 protected:
  void SetUp() override {
    drop("1", {"lone"});
    start();
  }
};

/// A module that keeps the container from seeing the end of its child processes.
class ModuleThatReapsChildren : public Messages,
                                public ::testing::WithParamInterface<const char*> {};

TEST_P(ModuleThatReapsChildren, DoesNotHideHowAProbeEnded) {
  drop_file("zoo/" + std::string(GetParam()) + ".so", "late");
  EXPECT_EQ(get("/late").body, "childless\n");
  drop_file("zoo/aborts.so", "lone");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_THAT(log(), ContainsRegex("lone.so: crashed with SIGABRT .*while it was opened"));
  drop_file("zoo/exits.so", "lone");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_THAT(log(), HasSubstr("lone.so: ended the process with exit code 0 while it was opened"));
}

INSTANTIATE_TEST_SUITE_P(, ModuleThatReapsChildren, Values("ignores_children", "reaps_children"),
                         [](const auto& module) { return std::string(module.param); });

TEST_F(Messages, NameTheNewerFileOfALibraryThatIsMapped) {
  shell("mkdir $HERE/lib; cp $BUILT/outside/1/libzoo_depended.so $HERE/lib");
  drop_file("zoo/depends_1.so", "lone");
  EXPECT_EQ(get("/lone").body, "has 1, 0\n");
  shell("cp $BUILT/outside/2/libzoo_depended.so $HERE/aside.so");
  shell("mv $HERE/aside.so $HERE/lib/libzoo_depended.so");
  drop_file("zoo/depends_2.so", "lone");
  EXPECT_EQ(get("/lone").body, "has 1, 0\n");
  const std::string library = (here() / "lib/libzoo_depended.so").native();
  EXPECT_THAT(log(), HasSubstr("; the newer " + library + " has "));
  EXPECT_THAT(log(),
              HasSubstr("this process still has the older " + library + " (deleted) mapped"));
  EXPECT_THAT(log(), HasSubstr("; restart the container (systemctl restart shoal)"));
  EXPECT_THAT(log(), Not(HasSubstr("-z defs")));

  EXPECT_EQ(stop_container(SIGTERM), 0);
  start_container();
  EXPECT_EQ(get("/lone").body, "has 2, 22\n");
}

TEST_F(Messages, NameAFileWhoseNameIsTooLong) {
  const std::string name(250, 'n');
  drop_file("1/lone.so", name);
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_TRUE(eventually([&] {
    get("/lone");
    return said(name +
                ".so: passed over: its module name has more than 200 characters; shorten "
                "the name of the file or of a folder") == 1;
  }));
  const std::string longest(200, 'n');
  drop_file("1/lone.so", longest);
  EXPECT_TRUE(eventually([&] {
    get("/lone");
    return said(longest + "/1: live") == 1;
  }));
}

TEST_F(Messages, DoNotMentionFilesOfEditors) {
  shell("cd $APPS; touch '#lone.so#' lone.so~ .lone.so.swp; ln -s me@host.1:2 '.#lone.so'");
  drop("2", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  EXPECT_THAT(log(), Not(HasSubstr("passed over")));
  EXPECT_THAT(shoal("check -c shoal.yaml").output, Not(HasSubstr("passed over")));
}

class ProbeCommand : public Messages {
 protected:
  /// Returns the verdict on each module.
  static json verdicts_in(const std::string& output) {
    json verdicts = json::object();
    const json all = json::parse(output);
    for (const auto& file : all.at("files")) {
      verdicts[file.at("module")] = file.at("verdict");
    }
    return verdicts;
  }
};

TEST_F(ProbeCommand, MarksOnlyBadModulesAsBad) {
  shell("mkdir $HERE/new; cd $HERE/new; cp $BUILT/1/lone.so good.so; cp $BUILT/zoo/crashes.so .");
  shell("cd $HERE/new; cp $BUILT/throws_when_made/lone.so throws.so; cp $BUILT/plain/echo.so .");
  const auto probed = shoal("probe new/good.so new/crashes.so new/throws.so new/echo.so --json");
  EXPECT_EQ(probed.exit_code, 1);
  EXPECT_EQ(verdicts_in(probed.output),
            json({{"good", "good"}, {"crashes", "bad"}, {"throws", "bad"}, {"echo", "good"}}))
      << probed.output;
  const auto table = shoal("probe new/good.so new/crashes.so new/throws.so new/echo.so");
  EXPECT_THAT(table.output, ContainsRegex("good +handler .* good "));
  EXPECT_THAT(table.output, ContainsRegex("crashes +handler .* bad "));
  EXPECT_THAT(table.output, HasSubstr("crashes.so: crashed with SIGSEGV"));
  EXPECT_THAT(table.output, HasSubstr("throws.so: its constructor threw: no database"));
  EXPECT_THAT(table.output, Not(HasSubstr("shoal probe")));
}

TEST_F(ProbeCommand, MarksModulesThatNeedABadOneAsUntried) {
  shell("mkdir $HERE/new; cp -r $BUILT/1/site $HERE/new; cp $BUILT/1/lone.so $HERE/new");
  shell("head -c -64 $BUILT/1/site/layout/page.so > $HERE/new/site/layout/page.so");
  const auto probed = shoal(
      "probe new/lone.so new/site/layout/page.so new/site/screen/about.so new/site/widget/menu.so "
      "--json");
  EXPECT_EQ(probed.exit_code, 1);
  EXPECT_EQ(verdicts_in(probed.output), json({{"lone", "good"},
                                              {"site.layout.page", "bad"},
                                              {"site.screen.about", "untried"},
                                              {"site.widget.menu", "good"}}))
      << probed.output;
}

TEST_F(ProbeCommand, NamesABadModuleOfTheGroupThatIsNotAnArgument) {
  drop("1");
  shell("cp $BUILT/zoo/aborts.so $APPS/site/screen/about.so");
  const auto probed = shoal("probe -c shoal.yaml apps/site/widget/menu.so --json");
  EXPECT_EQ(probed.exit_code, 1);
  EXPECT_EQ(verdicts_in(probed.output),
            json({{"site.widget.menu", "good"}, {"site.screen.about", "bad"}}))
      << probed.output;
}

}  // namespace
}  // namespace shoal::system
