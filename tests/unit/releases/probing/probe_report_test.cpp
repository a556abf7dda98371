#include "releases/probing/probe_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace shoal::releases {
namespace {

using namespace std::chrono_literals;

constexpr const char* kBoth = R"({"step":0,"module":"a","of":"current","at":1}
{"step":1,"module":"a","of":"current","at":11}
{"opened":"current","at":21}
{"step":0,"module":"a","of":"new","at":100}
{"step":1,"module":"a","of":"new","at":103}
{"opened":"new","at":110}
)";

TEST(AProbeReport, TellsTheTimesOfTheNewGeneration) {
  const ProbeReport report = report_in(kBoth);
  ASSERT_EQ(report.behaviour.tried.size(), 1u);
  EXPECT_EQ(report.behaviour.tried[0].open, 3ns);
  EXPECT_EQ(report.behaviour.tried[0].make, 7ns);
  EXPECT_EQ(report.behaviour.opening_time(), 10ns);
  EXPECT_TRUE(report.current_opened);
  EXPECT_FALSE(report.complete);
}

TEST(AProbeReport, TellsOfWhichGenerationTheLastStepIs) {
  EXPECT_TRUE(report_in(R"({"step":0,"module":"a","of":"current","at":1})").of_current);
  EXPECT_FALSE(report_in(kBoth).of_current);
  const ProbeReport closing =
      report_in(std::string(kBoth) + R"({"step":2,"module":"a","of":"current","at":120})");
  EXPECT_TRUE(closing.of_current);
  EXPECT_TRUE(closing.current_opened);
  EXPECT_EQ(closing.step, Step::kEnding);
}

TEST(AProbeReport, PassesOverWhatAModuleHasWrittenIntoIt) {
  const ProbeReport report =
      report_in("junk\n{\"step\":\"x\"}\n[]\n{\"threads\":[],\"unloads\":true}\n{\"ste");
  EXPECT_TRUE(report.complete);
}

TEST(AProbeEnd, WasKilledFromOutsideByNothingButSigkill) {
  ProbeEnd end;
  end.remains.status = SIGKILL;  // as waitpid has it
  EXPECT_TRUE(end.killed_from_outside());
  end.remains.late = true;
  EXPECT_FALSE(end.killed_from_outside()) << "we killed it";
  end.remains = {.status = SIGKILL, .processor = 10};
  EXPECT_FALSE(end.killed_from_outside()) << "it ignored SIGXCPU";
  end.remains.processor = 0;
  for (const int signal : {SIGXCPU, SIGSEGV, SIGTERM}) {
    end.remains.status = signal;
    EXPECT_FALSE(end.killed_from_outside()) << signal;
  }
}

}  // namespace
}  // namespace shoal::releases
