// What apps/debugging.md promises to those who debug a module.
#include <gmock/gmock.h>
#include <signal.h>

#include <regex>

#include "built.hpp"
#include "eventually.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

/// A site whose container has no debug information, as an installed one: gdb reads that for
/// seconds.
class Debugging : public Site {
 protected:
  Debugging()
      : Site({.routes = "{ /hello: hello }", .under = "shift; exec $HERE/bin/shoal \"$@\""}) {}

  void SetUp() override {
    shell("mkdir $HERE/bin; strip -g -o $HERE/bin/shoal $SHOAL; ln -s " +
          std::string(built::kFolder) + "/lib $HERE/lib");
  }

  /// Runs gdb without a user's own settings, in the folder of the scripts that the documentation
  /// quotes. Lines of shell know $WORKER, found as the documentation finds it, and $SHOAL.
  Process gdb(const std::string& words) const {
    const std::string folder = std::string(built::kRepository) + "/tests/system/debugging";
    const std::string worker = "WORKER=$(pgrep -P $(cat " + here().native() + "/run/shoal.pid)); ";
    return {{"/bin/sh", "-c",
             "cd " + folder + "; " + worker + "exec " + built::kGdb + " -nx -batch " + words},
            here() / "gdb.log",
            // What is debugged cannot look for leaks.
            {"ASAN_OPTIONS=detect_leaks=0", "SHOAL=" + (here() / "bin" / "shoal").native()}};
  }

  std::string gdb_said() const { return contents(here() / "gdb.log"); }

  bool gdb_says(const std::string& text) const {
    return eventually([&] { return gdb_said().find(text) != std::string::npos; });
  }

  fs::path only_file_in_crashes(const std::string& extension) const {
    for (const auto& entry : fs::directory_iterator(here() / "run" / "crashes")) {
      if (entry.path().extension() == extension) return entry.path();
    }
    return {};
  }
};

TEST_F(Debugging, BreakpointsBindAgainInEachNewGeneration) {
  drop("debugged1");
  start();
  Process debugger =
      gdb("-x reloads.gdb -p $WORKER -ex 'echo attached\\n' -ex continue -ex continue -ex continue"
          " -ex 'bt 1' -ex detach");
  ASSERT_TRUE(gdb_says("attached\n"));
  EXPECT_EQ(get("/hello").body, "hello 1\n");
  drop("debugged2");
  EXPECT_EQ(get("/hello").body, "hello 2\n");
  EXPECT_EQ(debugger.wait(), 0) << gdb_said();
  EXPECT_THAT(
      gdb_said(),
      ContainsRegex("hit Breakpoint 1[.0-9]*, [^\n]*Hello::handle [^\n]*hello.cpp:1[123]\n"));
  EXPECT_THAT(
      gdb_said(),
      ContainsRegex("hit Breakpoint 1[.0-9]*, [^\n]*Hello::handle [^\n]*hello.cpp:1[67]\n"));
  EXPECT_THAT(gdb_said(),
              ContainsRegex("hit Breakpoint 2[.0-9]*, [^\n]*Hello::handle [^\n]*hello.cpp:18\n"));
  EXPECT_EQ(generation("/hello"), "hello/2") << "it goes on without the debugger";
}

TEST_F(Debugging, BreakpointsInAConstructorStopTheProbe) {
  Process debugger = gdb("-x probe.gdb -ex 'bt 1' -ex continue --args $SHOAL probe " +
                         std::string(built::kModules) + "/debugged1/hello.so");
  EXPECT_EQ(debugger.wait(), 0) << gdb_said();
  EXPECT_THAT(gdb_said(),
              ContainsRegex("hit Breakpoint 1[.0-9]*, .*Hello::Hello .*hello.cpp:[89]\n"));
  EXPECT_THAT(gdb_said(), ContainsRegex("hello +handler .* good"));
}

// Valgrind and a sanitizer cannot both watch a program, and a sanitizer's core takes terabytes.
#ifndef SHOAL_BUILT_SANITIZED

TEST_F(Debugging, ACoreIsReadWithTheCommandInTheReport) {
  drop("debugged1");
  start();
  EXPECT_EQ(get("/hello").body, "hello 1\n");
  drop("debugged2");
  EXPECT_EQ(get("/hello").body, "hello 2\n");

  // The kernel of this machine may write cores elsewhere, or none: gdb writes this one.
  const fs::path core = here() / "core";
  Process debugger = gdb("-p $WORKER -ex 'echo attached\\n' -ex continue -ex 'generate-core-file " +
                         core.native() + "' -ex detach");
  ASSERT_TRUE(gdb_says("attached\n"));
  EXPECT_EQ(get("/hello?crash").status, 502);
  EXPECT_EQ(debugger.wait(), 0) << gdb_said();
  ASSERT_TRUE(eventually([&] { return said("the report is") == 1; }));

  // The process that took its place has removed all stages of the one that died, and goes on
  // itself.
  ASSERT_TRUE(eventually([&] { return get("/hello").body == "hello 2\n"; }));
  drop("debugged1");
  EXPECT_EQ(get("/hello").body, "hello 1\n");

  const std::string report = contents(only_file_in_crashes(".txt"));
  EXPECT_TRUE(fs::exists(only_file_in_crashes(".files") / "hello.so"));
  std::smatch command;
  ASSERT_TRUE(std::regex_search(report, command, std::regex("\n  (gdb -iex .* )CORE\n"))) << report;
  const auto [exit_code, output] =
      run(command[1].str() + core.native() + " -nx -batch -ex bt", {"ASAN_OPTIONS=detect_leaks=0"});
  EXPECT_EQ(exit_code, 0) << output;
  EXPECT_THAT(output, ContainsRegex("Hello::handle .*hello.cpp:17\n"));
}

/// Whether it comes true on a machine that has other things to do, too.
template <typename Condition>
bool at_last(const Condition& condition) {
  return eventually(condition) || eventually(condition) || eventually(condition);
}

TEST_F(Debugging, ServesAndReloadsUnderValgrind) {
  drop("debugged1");
  write_settings();
  Process container(
      {built::kValgrind, "--log-file=" + (here() / "valgrind.%p").native(),
       (here() / "bin" / "shoal").native(), "serve", "-c", (here() / "shoal.yaml").native()},
      here() / "shoal.log");
  ASSERT_TRUE(at_last([&] { return said("ready: ") == 1 || !container.runs(); })) << log();
  start_nginx();
  EXPECT_EQ(get("/hello").body, "hello 1\n") << log();
  drop("debugged2");
  EXPECT_TRUE(at_last([&] { return get("/hello").body == "hello 2\n"; })) << log();
  container.send(SIGTERM);
  EXPECT_EQ(container.wait(), 0) << log();
  shell("grep -q 'ERROR SUMMARY: ' $HERE/valgrind.*");
  shell("! grep -h 'ERROR SUMMARY: ' $HERE/valgrind.* | grep -v ': 0 errors'");
}

#endif

}  // namespace
}  // namespace shoal::system
