#include <gmock/gmock.h>

#include "site.hpp"

namespace shoal::system {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// The command line, above all `shoal check`.
class Commands : public Site {
 protected:
  Outcome check(const std::string& settings, const std::string& options = "") {
    write_file(here() / "checked.yaml", settings);
    return shoal("check " + options + " -c " + (here() / "checked.yaml").native());
  }

  Outcome check_and_probe(const std::string& settings) { return check(settings, "--probe"); }

  /// Returns how an error about this line of the checked file begins.
  std::string at(int line) const {
    return (here() / "checked.yaml").native() + ":" + std::to_string(line) + ": ";
  }
};

TEST_F(Commands, CheckPrintsAGoodConfigurationAsUnderstood) {
  drop("1");
  const auto [exit_code, output] = check(
      "listen: [{ socket: \"unix:s\" }, \"127.0.0.1:9000\", \"[::1]:9000\"]\n"
      "apps: apps\n"
      "run: run\n"
      "groups: { pages: [site] }\n"
      "routes: { /: site.screen, /lone: lone }\n");
  EXPECT_EQ(exit_code, 0) << output;
  EXPECT_THAT(output, HasSubstr("listen  unix:" + (here() / "s").native() + "\n"));
  EXPECT_THAT(output, HasSubstr("listen  127.0.0.1:9000\n"));
  EXPECT_THAT(output, HasSubstr("listen  [::1]:9000\n"));
  EXPECT_THAT(output, HasSubstr("history keep 10, size 1GiB\n"));
  EXPECT_THAT(output, HasSubstr("route   / -> site.screen\n"));
  EXPECT_THAT(output, HasSubstr("group   pages: site.layout.page site.screen.about "
                                "site.screen.index site.screen.patient site.widget.menu\n"));
  EXPECT_THAT(output, HasSubstr("pinned  pinned.lone: lone\n"));
  EXPECT_FALSE(std::filesystem::exists(here() / "s")) << "check opens no socket";
  EXPECT_FALSE(std::filesystem::exists(here() / "run"));
}

TEST_F(Commands, CheckPrintsAllErrorsAtOnceWithTheirPlaces) {
  const auto [exit_code, output] = check(
      "listen: [\"unix:s\", \"unix:s\"]\n"
      "apps: apps\n"
      "run: run\n"
      "workers: { thread: 8 }\n"
      "sweep: { settle: 100 }\n"
      "groups: { one: [site], two: [site] }\n"
      "routes: { /: lone }\n"
      "limits: { body: eight }\n");
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(output, HasSubstr(at(1) + "listen[1]: "));
  EXPECT_THAT(output, HasSubstr(at(4) + "workers.thread: "));
  EXPECT_THAT(output, HasSubstr("did you mean \"threads\"?"));
  EXPECT_THAT(output, HasSubstr(at(5) + "sweep.settle: "));
  EXPECT_THAT(output, HasSubstr(at(6) + "groups.two[0]: "));
  EXPECT_THAT(output, HasSubstr(at(8) + "limits.body: "));
}

TEST_F(Commands, CheckReportsRoutesToMissingModules) {
  drop("1");
  const auto [exit_code, output] =
      check("listen: \"unix:s\"\napps: apps\nrun: run\nroutes:\n  /: site.screen\n  /x: lonely\n");
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(output, HasSubstr(at(6) + "routes./x: no module lonely below"));
  EXPECT_THAT(output, HasSubstr("did you mean \"lone\"?"));
  EXPECT_THAT(output, Not(HasSubstr("routes./: ")));
}

TEST_F(Commands, CheckReportsGroupsAndSettingsOfMissingModules) {
  drop("1");
  const auto [exit_code, output] = check(
      "listen: \"unix:s\"\napps: apps\nrun: run\nroutes: { /: site.screen }\n"
      "groups:\n  pages: [site, sites]\n"
      "modules:\n  lonely: { x: 1 }\n  site.screen: { x: 1 }\n");
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(output, HasSubstr(at(6) + "groups.pages[1]: no module sites below"));
  EXPECT_THAT(output, HasSubstr(at(8) + "modules.lonely: no module lonely below"));
  EXPECT_THAT(output, HasSubstr("did you mean \"lone\"?"));
  EXPECT_THAT(output, HasSubstr(at(9) + "modules.site.screen: no module site.screen below"))
      << "a folder has no constructor that could read them";
}

TEST_F(Commands, CheckWithProbeLoadsGroupsWithTheirSettings) {
  drop("1", {"site.layout.page", "site.screen.index", "site.screen.about", "site.widget.menu"});
  drop("throws_when_made", {"lone"});
  const std::string settings =
      "listen: \"unix:s\"\napps: apps\nrun: run\nroutes: { /: site.screen, /lone: lone }\n";
  EXPECT_EQ(check(settings).exit_code, 0) << "without --probe, no module is loaded";
  const auto plain = check_and_probe(settings);
  EXPECT_EQ(plain.exit_code, 1);
  EXPECT_THAT(plain.output, HasSubstr(file("lone").native() + ": "));
  EXPECT_THAT(plain.output, HasSubstr("route   / -> site.screen\n"));

  const auto placed = check_and_probe(settings + "modules:\n  lone: { database: none }\n");
  EXPECT_EQ(placed.exit_code, 1);
  EXPECT_THAT(placed.output, HasSubstr(at(6) + "modules.lone: " + file("lone").native() + ": "));

  drop("slow_to_make", {"lone"});
  const auto wrong = check_and_probe(settings + "modules:\n  lone:\n    meet: [ here ]\n");
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.output, HasSubstr(at(7) + "modules.lone.meet: is a list; write text"));

  drop("1", {"lone"});
  const auto good = check_and_probe(settings);
  EXPECT_EQ(good.exit_code, 0) << good.output;
  EXPECT_FALSE(std::filesystem::exists(here() / "run"));
}

TEST_F(Commands, CheckNamesAMissingAppsFolderOrConfiguration) {
  const std::string rest = "listen: \"unix:s\"\nrun: run\nroutes: { /: lone }\n";
  const auto without_apps = check(rest + "apps: nowhere\n");
  EXPECT_EQ(without_apps.exit_code, 1);
  EXPECT_THAT(without_apps.output, HasSubstr((here() / "nowhere").native()));
  EXPECT_THAT(without_apps.output, HasSubstr("create the folder"));
  const auto without_file = shoal("check -c " + (here() / "nothing.yaml").native());
  EXPECT_EQ(without_file.exit_code, 1);
  EXPECT_THAT(without_file.output, HasSubstr("nothing.yaml"));
}

TEST_F(Commands, ServeRefusesWhatCheckRefuses) {
  write_file(here() / "checked.yaml", "listen: \"unix:s\"\nrum: run\n");
  const auto [exit_code, output] = shoal("serve -c " + (here() / "checked.yaml").native());
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(output, HasSubstr(at(2) + "rum: unknown key; did you mean \"run\"?"));
}

TEST_F(Commands, WrongArgumentsAreAUsageError) {
  for (const char* arguments : {"", "severe", "check --config", "check --konfig x", "check a b"}) {
    EXPECT_EQ(shoal(arguments).exit_code, 2) << arguments;
  }
}

TEST_F(Commands, HelpAndVersionEndWithExitCodeZero) {
  EXPECT_EQ(shoal("--help").exit_code, 0);
  EXPECT_THAT(shoal("--help").output, HasSubstr("serve"));
  const auto version = shoal("--version");
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.output, ::testing::MatchesRegex("shoal [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

}  // namespace
}  // namespace shoal::system
