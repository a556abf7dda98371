// What apps/debugging.md promises to authors that debug a module.
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

/// A site whose container has no debug information, like an installed one: gdb would read it for
/// seconds.
class Debugging : public Site {
 protected:
  Debugging()
      : Site({.routes = "{ /hello: hello }", .wrapper = "shift; exec $HERE/bin/shoal \"$@\""}) {}

  void SetUp() override {
    shell("mkdir $HERE/bin; strip -g -o $HERE/bin/shoal $SHOAL; ln -s " +
          std::string(built::kFolder) + "/lib $HERE/lib");
  }

  /// Runs gdb with these arguments, without the user's settings, in the folder of the scripts that
  /// the documentation quotes. The arguments may use $WORKER, found as in the documentation, and
  /// $SHOAL.
  Process gdb(const std::string& arguments) const {
    const std::string folder = std::string(built::kRepository) + "/tests/system/debugging";
    const std::string worker =
        "WORKER=$(pgrep -P $(cat " + here().native() + "/run/shoal.pid) -x shoal); ";
    return {{"/bin/sh", "-c",
             "cd " + folder + "; " + worker + "exec " + built::kGdb + " -nx -batch " + arguments},
            here() / "gdb.log",
            // The leak check does not work under a debugger.
            {"ASAN_OPTIONS=detect_leaks=0", "SHOAL=" + (here() / "bin" / "shoal").native()}};
  }

  std::string gdb_output() const { return contents(here() / "gdb.log"); }

  bool wait_for_gdb_output(const std::string& text) const {
    return eventually([&] { return gdb_output().find(text) != std::string::npos; });
  }

  fs::path only_file_in_crashes(const std::string& extension) const {
    for (const auto& entry : fs::directory_iterator(here() / "run" / "crashes")) {
      if (entry.path().extension() == extension) return entry.path();
    }
    return {};
  }
};

TEST_F(Debugging, BreakpointsAreSetAgainInEachNewGeneration) {
  drop("debugged1");
  start();
  Process debugger =
      gdb("-x reloads.gdb -p $WORKER -ex 'echo attached\\n' -ex continue -ex continue -ex continue"
          " -ex 'bt 1' -ex detach");
  ASSERT_TRUE(wait_for_gdb_output("attached\n"));
  EXPECT_EQ(get("/hello").body, "hello 1\n");
  drop("debugged2");
  EXPECT_EQ(get("/hello").body, "hello 2\n");
  EXPECT_EQ(debugger.wait(), 0) << gdb_output();
  EXPECT_THAT(
      gdb_output(),
      ContainsRegex("hit Breakpoint 1[.0-9]*, [^\n]*Hello::handle [^\n]*hello.cpp:1[123]\n"));
  EXPECT_THAT(
      gdb_output(),
      ContainsRegex("hit Breakpoint 1[.0-9]*, [^\n]*Hello::handle [^\n]*hello.cpp:1[67]\n"));
  EXPECT_THAT(gdb_output(),
              ContainsRegex("hit Breakpoint 2[.0-9]*, [^\n]*Hello::handle [^\n]*hello.cpp:18\n"));
  EXPECT_EQ(generation("/hello"), "hello/2") << "the container works on without the debugger";
}

TEST_F(Debugging, BreakpointsInAConstructorStopTheProbe) {
  Process debugger = gdb("-x probe.gdb -ex 'bt 1' -ex continue --args $SHOAL probe " +
                         std::string(built::kModules) + "/debugged1/hello.so");
  EXPECT_EQ(debugger.wait(), 0) << gdb_output();
  EXPECT_THAT(gdb_output(),
              ContainsRegex("hit Breakpoint 1[.0-9]*, .*Hello::Hello .*hello.cpp:[89]\n"));
  EXPECT_THAT(gdb_output(), ContainsRegex("hello +handler .* good"));
}

// Valgrind does not work with a sanitizer, and the core of a program with one takes terabytes.
#ifndef SHOAL_BUILT_SANITIZED

TEST_F(Debugging, TheCommandInACrashReportReadsTheCore) {
  drop("debugged1");
  start();
  EXPECT_EQ(get("/hello").body, "hello 1\n");
  drop("debugged2");
  EXPECT_EQ(get("/hello").body, "hello 2\n");

  // The kernel may write cores elsewhere, or not at all. So gdb writes this one.
  const fs::path core = here() / "core";
  Process debugger = gdb("-p $WORKER -ex 'echo attached\\n' -ex continue -ex 'generate-core-file " +
                         core.native() + "' -ex detach");
  ASSERT_TRUE(wait_for_gdb_output("attached\n"));
  EXPECT_EQ(get("/hello?crash").status, 502);
  EXPECT_EQ(debugger.wait(), 0) << gdb_output();
  ASSERT_TRUE(eventually([&] { return said("the report is") == 1; }));

  // The new worker serves the same stage, and reloads: then the stage is removed.
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

/// `eventually` with more time, since Valgrind is slow.
template <typename Condition>
bool eventually_under_valgrind(const Condition& condition) {
  return eventually(condition) || eventually(condition) || eventually(condition);
}

TEST_F(Debugging, ServesAndReloadsUnderValgrind) {
  drop("debugged1");
  write_configuration();
  Process container(
      {built::kValgrind, "--log-file=" + (here() / "valgrind.%p").native(),
       (here() / "bin" / "shoal").native(), "serve", "-c", (here() / "shoal.yaml").native()},
      here() / "shoal.log");
  ASSERT_TRUE(eventually_under_valgrind([&] { return said("ready: ") == 1 || !container.runs(); }))
      << log();
  start_nginx();
  EXPECT_EQ(get("/hello").body, "hello 1\n") << log();
  drop("debugged2");
  EXPECT_TRUE(eventually_under_valgrind([&] { return get("/hello").body == "hello 2\n"; }))
      << log();
  container.send(SIGTERM);
  EXPECT_EQ(container.wait(), 0) << log();
  shell("grep -q 'ERROR SUMMARY: ' $HERE/valgrind.*");
  shell("! grep -h 'ERROR SUMMARY: ' $HERE/valgrind.* | grep -v ': 0 errors'");
}

#endif

}  // namespace
}  // namespace shoal::system
