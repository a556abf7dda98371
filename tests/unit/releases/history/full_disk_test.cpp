// The disk is full: nothing half is left, and all goes on when there is space.
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sched.h>

#include "kept_history.hpp"
#include "releases/history/decisions.hpp"
#include "releases/linking/load_error.hpp"
#include "releases/staging/stages.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class FullDiskTest : public KeptHistory {
 protected:
  /// Runs `deed` in a process whose run folder is a small disk of its own. Skips the test if that
  /// may not be mounted.
  template <typename Deed>
  void on_a_small_disk(const Deed& deed) {
    const pid_t child = ::fork();
    if (child == 0) {
      const bool mounted =
          ::unshare(CLONE_NEWNS) == 0 &&
          ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
          ::mount("shoal-test", run().c_str(), "tmpfs", 0, "size=256k,mode=700") == 0;
      if (!mounted) ::_exit(77);
      deed();
      std::fflush(nullptr);
      ::_exit(HasFailure() ? 1 : 0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "may not mount a tmpfs";
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }

  void fill() const {
    std::ofstream ballast(run() / "ballast", std::ios::app);
    const std::string block(4'096, 'x');
    while (ballast << block << std::flush) {
    }
  }
  void free_space() const { fs::remove(run() / "ballast"); }
};

TEST_F(FullDiskTest, LeavesNoHalfRelease) {
  on_a_small_disk([this] {
    const auto one = add("pond", "one");
    const Release two = release_of("pond", "two", Verdict::kLive);
    const auto draft = history().draft("pond", two.number);
    write(draft / "home.so", "two");
    fill();
    EXPECT_THROW(history().add(two, draft), Unavailable);
    fill();  // what the draft had
    EXPECT_THROW(history().next_number("pond"), Unavailable);
    EXPECT_THROW(write_decision(run(), "pond", {}), Unavailable);
    EXPECT_THAT(names_below(releases() / "pond"), UnorderedElementsAre("1", "next"));
    EXPECT_THAT(names_below(releases()), ElementsAre("pond"));
    EXPECT_EQ(history().of("pond").size(), 1u);
    EXPECT_EQ(history().copies_of(history().of("pond").at(one)).size(), 1u);
  });
}

TEST_F(FullDiskTest, WritesWhatItCouldNotRecordWhenThereIsSpaceAgain) {
  on_a_small_disk([this] {
    add("pond", "one");
    fill();
    const HistoryLog log;
    history().record("pond", 1, {.verdict = Verdict::kRefused});
    EXPECT_THAT(log.text(), testing::HasSubstr("cannot record"));
    EXPECT_EQ(history().of("pond").at(1).attempts.size(), 2u);
    free_space();
    history().prune({});
    start_again();
    EXPECT_EQ(history().of("pond").at(1).attempts.size(), 2u);
  });
}

TEST_F(FullDiskTest, IsLoggedOnceUntilItCanBeWrittenAgain) {
  on_a_small_disk([this] {
    add("pond", "one");
    add("pond", "two");
    const HistoryLog log;
    const auto times = [&log] {
      const std::string text = log.text();
      std::size_t number = 0;
      for (auto at = text.find("cannot record"); at != std::string::npos;
           at = text.find("cannot record", at + 1)) {
        ++number;
      }
      return number;
    };
    const auto change_both = [this] {
      for (const unsigned long number : {1, 2}) {
        history().record("pond", number, {.verdict = Verdict::kRefused});
        history().ban("pond", number, Ban::kEndedWorker);
      }
    };
    fill();
    change_both();
    change_both();
    history().prune({});
    EXPECT_EQ(times(), 1u);
    free_space();
    history().prune({});
    fill();
    change_both();
    EXPECT_EQ(times(), 2u);
  });
}

TEST_F(FullDiskTest, KeepsTheOldDecisions) {
  on_a_small_disk([this] {
    write_decision(run(), "pond", {.number = 3});
    fill();
    EXPECT_THROW(write_decision(run(), "pond", {.number = 4}), Unavailable);
    EXPECT_EQ(read_decisions(run()).at("pond").number, 3u);
    free_space();
    write_decision(run(), "pond", {.number = 4});
    EXPECT_EQ(read_decisions(run()).at("pond").number, 4u);
  });
}

TEST_F(FullDiskTest, StartsAndReadsTheHistory) {
  on_a_small_disk([this] {
    add("pond", "one");
    fill();
    start_again();
    EXPECT_EQ(history().of("pond").size(), 1u);
  });
}

TEST_F(FullDiskTest, CountsStagesAgainWhenThereIsSpace) {
  on_a_small_disk([this] {
    Stages stages(run());
    fill();
    EXPECT_THROW(stages.next_count(), Unavailable);
    free_space();
    EXPECT_EQ(stages.next_count(), 1u);
  });
}

// For users who may not mount: EMFILE is such a lack, too.
TEST_F(FullDiskTest, IsLikeALackOfDescriptors) {
  add("pond", "one");
  const Release& release = history().of("pond").at(1);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  EXPECT_THROW(history().copies_of(release), Unavailable);
  EXPECT_THROW(history().next_number("pond"), Unavailable);
  EXPECT_THROW(write_decision(run(), "pond", {}), Unavailable);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(history().next_number("pond"), 2u);
}

}  // namespace
}  // namespace shoal::releases
