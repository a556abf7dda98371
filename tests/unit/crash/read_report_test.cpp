#include "crash/read_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <sstream>

#include "unit/fastcgi/scratch_folder.hpp"

namespace shoal::crash {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

namespace fs = std::filesystem;

constexpr std::string_view kRaw =
    "shoal crash report\n"
    "signal: 11 SIGSEGV\n"
    "cause: 1 address not mapped\n"
    "address: 0x10\n"
    "time: 1700000000\n"
    "pid: 4711\n"
    "tid: 4712\n"
    "thread: shoal\n"
    "id: 7f3a\n"
    "request: GET /about\n"
    "module: pond.fish\n"
    "group: pond\n"
    "generation: pond/3\n"
    "code: /run/stages/1/pond.fish.so\n"
    "build-id: 00aa\n"
    "stack:\n"
    "#0 0x7f12 _ZN4Fish4swimEv+0x12 (pond.fish.so+0x1149)\n"
    "#1 0x7f34 main+0x4 (shoal+0x1000)\n"
    "files:\n"
    "pond.fish.so 00aa\n"
    "end\n";

class Reading : public ::testing::Test {
 protected:
  fs::path folder() const { return folder_ / ""; }

  void write_raw(pid_t pid, std::string_view text) {
    std::ofstream(folder_ / (std::to_string(pid) + ".report")) << text;
  }

  std::optional<Report> read(pid_t pid) { return read_report(folder(), pid); }

  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder()))
      names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
  }

  static std::string contents(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }

 private:
  test::ScratchFolder folder_;
};

TEST_F(Reading, FindsEveryLine) {
  write_raw(4711, kRaw);
  const auto report = read(4711);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->signal, 11);
  EXPECT_EQ(report->signal_name, "SIGSEGV");
  EXPECT_EQ(report->cause, "address not mapped");
  EXPECT_EQ(report->address, "0x10");
  EXPECT_EQ(std::chrono::system_clock::to_time_t(report->time), 1700000000);
  EXPECT_EQ(report->pid, 4711);
  EXPECT_EQ(report->tid, 4712);
  EXPECT_EQ(report->thread, "shoal");
  EXPECT_EQ(report->id, "7f3a");
  EXPECT_EQ(report->request, "GET /about");
  EXPECT_EQ(report->module, "pond.fish");
  EXPECT_EQ(report->group, "pond");
  EXPECT_EQ(report->generation, "pond/3");
  EXPECT_EQ(report->code, "/run/stages/1/pond.fish.so");
  EXPECT_EQ(report->build_id, "00aa");
  EXPECT_THAT(report->stack, ElementsAre("#0 0x7f12 Fish::swim()+0x12 (pond.fish.so+0x1149)",
                                         "#1 0x7f34 main+0x4 (shoal+0x1000)"));
  EXPECT_THAT(report->files, ElementsAre("pond.fish.so 00aa"));
  EXPECT_TRUE(report->whole);
}

TEST_F(Reading, WritesAReportForPeopleNamedByTimeAndProcess) {
  write_raw(4711, kRaw);
  const auto report = read(4711);
  EXPECT_THAT(files(), ElementsAre("20231114T221320Z-4711.txt"));
  EXPECT_EQ(report->kept, folder() / "20231114T221320Z-4711.txt");
  EXPECT_THAT(contents(report->kept),
              AllOf(HasSubstr("request: GET /about\n"),
                    HasSubstr("time: 1700000000 (2023-11-14 22:13:20 UTC)\n"),
                    HasSubstr("#0 0x7f12 Fish::swim()+0x12 (pond.fish.so+0x1149)\n"),
                    Not(HasSubstr("incomplete"))));
}

TEST_F(Reading, AddsTheSourceOfEachFrame) {
  std::string raw(kRaw);
  raw.insert(raw.rfind("end\n"), "places:\n0x1148 /run/stages/1/pond.fish.so\n0x0 \n");
  write_raw(4711, raw);
  auto report = read(4711);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->places.size(), 2u);
  EXPECT_EQ(report->places[0].path, "/run/stages/1/pond.fish.so");
  EXPECT_EQ(report->places[0].address, 0x1148u);
  EXPECT_EQ(report->places[1].path, "");
  EXPECT_THAT(report->files, ElementsAre("pond.fish.so 00aa"));
  EXPECT_TRUE(report->whole);
  const std::string before = contents(report->kept);
  EXPECT_THAT(before, Not(HasSubstr("places:")));

  add_sources(*report, {{{"flap()", "fin.cpp:2"}, {"Fish::swim()", "fish.cpp:7"}}});
  EXPECT_THAT(report->stack,
              ElementsAre("#0 0x7f12 flap(), inlined at fin.cpp:2",
                          "#0 0x7f12 Fish::swim()+0x12 (pond.fish.so+0x1149) at fish.cpp:7",
                          "#1 0x7f34 main+0x4 (shoal+0x1000)"));
  const std::string after = contents(report->kept);
  EXPECT_THAT(after, HasSubstr("stack:\n#0 0x7f12 flap(), inlined at fin.cpp:2\n"
                               "#0 0x7f12 Fish::swim()+0x12 (pond.fish.so+0x1149) at fish.cpp:7\n"
                               "#1 0x7f34 main+0x4 (shoal+0x1000)\nfiles:\n"));
  EXPECT_EQ(after.substr(0, after.find("stack:")), before.substr(0, before.find("stack:")));
}

TEST_F(Reading, FindsNoReportWhenNoneWasWritten) {
  EXPECT_FALSE(read(4711));
  EXPECT_FALSE(read_report(folder() / "missing", 4711));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(Reading, ReadsAReportOnce) {
  write_raw(4711, kRaw);
  EXPECT_TRUE(read(4711));
  EXPECT_FALSE(read(4711));
}

TEST_F(Reading, ReadsTheFirstPartOfAnIncompleteReport) {
  for (std::size_t size = 0; size < kRaw.size(); ++size) {
    write_raw(4711, kRaw.substr(0, size));
    const auto report = read(4711);
    ASSERT_TRUE(report) << size;
    EXPECT_FALSE(report->whole) << size;
    EXPECT_THAT(contents(report->kept), HasSubstr("incomplete: the process ended")) << size;
    if (size > kRaw.find("address")) {
      EXPECT_EQ(report->signal, 11) << size;
    }
    if (size > kRaw.find("#1")) {
      EXPECT_EQ(report->stack.at(0).substr(0, 9), "#0 0x7f12") << size;
    }
  }
}

TEST_F(Reading, SurvivesGarbage) {
  std::mt19937 numbers(4711);  // NOLINT: the same in each run
  for (int round = 0; round < 200; ++round) {
    std::string text(kRaw);
    for (int i = 0; i < 40; ++i) text[numbers() % text.size()] = static_cast<char>(numbers());
    write_raw(4711, text);
    const auto report = read(4711);
    ASSERT_TRUE(report);
    const auto is_printable = [](const std::string& line) {
      return std::ranges::none_of(
          line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    };
    EXPECT_TRUE(std::ranges::all_of(report->stack, is_printable));
    EXPECT_TRUE(std::ranges::all_of(report->files, is_printable));
    EXPECT_TRUE(is_printable(report->request));
    EXPECT_TRUE(is_printable(report->summary()));
  }
}

TEST_F(Reading, IgnoresNumbersThatAreNotNumbers) {
  write_raw(4711, "signal: many\ntime: 99999999999999999999\ntid: -\nend\n");
  const auto report = read(4711);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->signal, 0);
  EXPECT_EQ(report->tid, 0);
  EXPECT_LT(std::chrono::system_clock::now() - report->time, std::chrono::hours(1));
}

TEST_F(Reading, HasASizeLimit) {
  write_raw(4711, "signal: 6 SIGABRT\n" + std::string(std::size_t{8} << 20, 'x'));
  const auto report = read(4711);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->signal, 6);
  EXPECT_LT(fs::file_size(report->kept), std::size_t{2} << 20);
}

TEST_F(Reading, IgnoresLinksAndPipes) {
  std::ofstream(folder() / "secret") << kRaw;
  fs::create_symlink(folder() / "secret", folder() / "4711.report");
  ::mkfifo((folder() / "4712.report").c_str(), 0600);
  EXPECT_FALSE(read(4711));
  EXPECT_FALSE(read(4712));
}

TEST_F(Reading, KeepsTheNewestReports) {
  const std::string raw(kRaw);
  const auto time = raw.find("1700000000");
  for (int i = 0; i < 40; ++i) {
    write_raw(100 + i, std::string(raw).replace(time, 10, std::to_string(1700000000 + i * 60)));
    ASSERT_TRUE(read(100 + i));
  }
  const auto kept = files();
  ASSERT_EQ(kept.size(), 32U);
  EXPECT_THAT(kept, Each(HasSubstr("20231114T22")));
  EXPECT_THAT(kept.front(), HasSubstr("-108.txt"));
  EXPECT_THAT(kept.back(), HasSubstr("-139.txt"));
}

TEST_F(Reading, ListsUnreadReports) {
  write_raw(12, kRaw);
  write_raw(7, kRaw);
  write_raw(::getpid(), kRaw);
  std::ofstream(folder() / "notes.report") << "mine";
  EXPECT_THAT(unread_reports(folder()), ::testing::UnorderedElementsAre(7, 12));
  EXPECT_THAT(unread_reports(folder() / "missing"), IsEmpty());
}

}  // namespace
}  // namespace shoal::crash
