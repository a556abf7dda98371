#include "supervisor/crash_log.hpp"

#include <gmock/gmock.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <fstream>

#include "unit/fastcgi/scratch_folder.hpp"

namespace shoal::supervisor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A CrashLog, and workers that crash: `crash` writes the report of one.
class Crashes : public ::testing::Test {
 protected:
  Crashes() {
    std::filesystem::create_directories(folder_ / "crashes");
    spdlog::set_level(spdlog::level::off);
  }
  ~Crashes() override { spdlog::set_level(spdlog::level::info); }

  /// A worker leaves a report with this stack, and dies.
  void crash(const std::string& module, const std::string& generation, const std::string& stack,
             int signal = SIGSEGV) {
    const pid_t id = next_++;
    std::ofstream(folder_ / "crashes" / (std::to_string(id) + ".report"))
        << "shoal crash report\nsignal: " << signal << " SIG\nid: " << id << "\nmodule: " << module
        << "\ngroup: pond\ngeneration: " << generation << "\ncode: /run/stages/1/" << module
        << ".so\nstack:\n"
        << stack << "files:\nend\n";
    crash_log_.add(id, signal, {.crashes = 1000});
  }

  /// One that was killed, and wrote nothing.
  void kill() { crash_log_.add(next_++, SIGKILL, {}); }

  static std::string stack(const std::string& function, const std::string& address) {
    return "#0 " + address + " " + function + "+0x12 (pond.fish.so+0x1149)\n#1 " + address +
           " main+0x4 (shoal+0x1000)\n";
  }

 private:
  test::ScratchFolder folder_;
  pid_t next_ = 4711;

 protected:
  CrashLog crash_log_{folder_ / ""};
};

TEST_F(Crashes, AtOnePlaceAreOneRowWithTheirNumber) {
  for (int i = 0; i < 42; ++i) {
    crash("pond.fish", "pond/" + std::to_string(i), stack("swim()", "0x7f" + std::to_string(i)));
  }
  ASSERT_THAT(crash_log_.latest(), SizeIs(1));
  const auto row = crash_log_.latest().front();
  EXPECT_EQ(row.count, 42u);
  EXPECT_EQ(row.signal, "SIGSEGV");
  EXPECT_EQ(row.generation, "pond/41");
  EXPECT_EQ(row.pid, 4711 + 41);
  EXPECT_LE(row.first, row.at);
  EXPECT_THAT(row.stack,
              ElementsAre("swim()+0x12 (pond.fish.so+0x1149)", "main+0x4 (shoal+0x1000)"));
  EXPECT_EQ(crash_log_.number(), 42u);
  EXPECT_EQ(crash_log_.recent(), 42u);
}

TEST_F(Crashes, AtOtherPlacesAreRowsOfTheirOwnTheNewestFirst) {
  crash("pond.fish", "pond/1", stack("swim()", "0x7f"));
  crash("pond.fish", "pond/1", stack("sink()", "0x7f"));
  crash("pond.frog", "pond/1", stack("swim()", "0x7f"));
  crash("pond.fish", "pond/1", stack("swim()", "0x7f"), SIGBUS);
  kill();
  kill();
  crash("pond.fish", "pond/1", stack("swim()", "0x80"));
  const auto rows = crash_log_.latest();
  ASSERT_THAT(rows, SizeIs(5));
  EXPECT_EQ(rows[0].stack.front(), "swim()+0x12 (pond.fish.so+0x1149)");
  EXPECT_EQ(rows[0].count, 2u);
  EXPECT_EQ(rows[1].signal, "SIGKILL");
  EXPECT_EQ(rows[1].count, 2u);
  EXPECT_THAT(rows[1].stack, IsEmpty());
  EXPECT_EQ(rows[2].signal, "SIGBUS");
  EXPECT_EQ(crash_log_.number(), 7u);
}

TEST_F(Crashes, AreToldApartByTheModulesOwnCodeBelowWhatAborts) {
  const std::string abort =
      "#0 0x1 __pthread_kill+0x1 (libc.so.6+0x1)\n#1 0x2 raise+0x1 (libc.so.6+0x2)\n"
      "#2 0x3 abort+0x1 (libc.so.6+0x3)\n";
  crash("pond.fish", "pond/1", abort + "#3 0x4 swim()+0x1 (pond.fish.so+0x1)\n", SIGABRT);
  crash("pond.fish", "pond/1", abort + "#3 0x4 sink()+0x1 (pond.fish.so+0x9)\n", SIGABRT);
  const auto rows = crash_log_.latest();
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].stack.front(), "sink()+0x1 (pond.fish.so+0x9)");
  EXPECT_EQ(rows[1].stack.front(), "swim()+0x1 (pond.fish.so+0x1)");
}

TEST_F(Crashes, AtMoreThanTenPlacesAreCountedAll) {
  for (int i = 0; i < 25; ++i) {
    crash("pond.fish", "pond/1", stack("swim" + std::to_string(i), "0x7f"));
  }
  EXPECT_THAT(crash_log_.latest(), SizeIs(10));
  EXPECT_EQ(crash_log_.latest().front().stack.front(), "swim24+0x12 (pond.fish.so+0x1149)");
  EXPECT_EQ(crash_log_.recent(), 25u);
}

TEST_F(Crashes, AtThePlaceWithTheMostStayInTheList) {
  for (int i = 0; i < 14; ++i) crash("pond.fish", "pond/1", stack("often()", "0x7f"));
  for (int i = 0; i < 12; ++i) {
    crash("pond.fish", "pond/1", stack("once" + std::to_string(i), "0x7f"));
  }
  const auto rows = crash_log_.latest();
  ASSERT_THAT(rows, SizeIs(10));
  EXPECT_EQ(rows.front().stack.front(), "once11+0x12 (pond.fish.so+0x1149)");
  EXPECT_EQ(rows.back().stack.front(), "often()+0x12 (pond.fish.so+0x1149)");
  EXPECT_EQ(rows.back().count, 14u);
}

}  // namespace
}  // namespace shoal::supervisor
