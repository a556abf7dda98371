// Releases are kept over restarts, whatever happens to the process or to the files.
#include "releases/history/history.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "kept_history.hpp"
#include "releases/linking/load_error.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using HistoryTest = KeptHistory;

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

TEST_F(HistoryTest, KeepsReleasesOverARestart) {
  const auto one = add("pond", "one");
  add("pond", "two", Verdict::kRefused);
  add("shelf", "three");
  history().ban("pond", one, Ban::kWithdrawn, 3);
  start_again();
  EXPECT_THAT(history().groups(), UnorderedElementsAre("pond", "shelf"));
  const auto& pond = history().of("pond");
  ASSERT_EQ(pond.size(), 2u);
  EXPECT_EQ(pond.at(1).ban, Ban::kWithdrawn);
  EXPECT_EQ(pond.at(1).crashes, 3u);
  EXPECT_EQ(pond.at(2).verdict(), Verdict::kRefused);
  EXPECT_EQ(pond.at(2).attempts.at(0).reason, "it throws");
  EXPECT_THAT(history().of("unknown"), IsEmpty());
}

TEST_F(HistoryTest, GivesEachNumberOnce) {
  EXPECT_EQ(history().next_number("pond"), 1u);
  EXPECT_EQ(history().next_number("pond"), 2u);
  EXPECT_EQ(history().next_number("shelf"), 1u);
  start_again();
  EXPECT_EQ(history().next_number("pond"), 3u);
}

TEST_F(HistoryTest, GivesNoNumberAgainWhenTheReleaseWasRemoved) {
  const auto one = add("pond", "one");
  fs::remove_all(releases() / "pond" / std::to_string(one));
  start_again();
  EXPECT_EQ(history().next_number("pond"), one + 1);
}

TEST_F(HistoryTest, GoesOnFromTheReleasesWhenTheCounterIsLostOrDamaged) {
  const auto one = add("pond", "one");
  const auto generation = goes_live_again("pond", one);
  fs::remove(releases() / "pond/next");
  start_again();
  EXPECT_EQ(history().next_number("pond"), generation + 1);
  write(releases() / "pond/next", "");
  start_again();
  EXPECT_EQ(history().next_number("pond"), generation + 1);
}

TEST_F(HistoryTest, SkipsNumbersThatWereGivenBefore) {
  history().skip_to("pond", 41);
  history().skip_to("pond", 7);
  EXPECT_EQ(history().next_number("pond"), 42u);
}

TEST_F(HistoryTest, MakesPrivateFoldersAndFilesWhateverTheUmask) {
  const mode_t before = ::umask(0);
  add("pond", "one");
  ::umask(before);
  EXPECT_EQ(mode_of(releases()), 0700u);
  EXPECT_EQ(mode_of(releases() / "pond"), 0700u);
  EXPECT_EQ(mode_of(releases() / "pond/1"), 0700u);
  EXPECT_EQ(mode_of(releases() / "pond/1/home.so"), 0600u);
  EXPECT_EQ(mode_of(releases() / "pond/1/manifest.json"), 0600u);
  EXPECT_EQ(mode_of(releases() / "pond/next"), 0600u);
}

TEST_F(HistoryTest, FindsAReleaseByTheNumberOfAGenerationMadeOfIt) {
  const auto one = add("pond", "one");
  add("pond", "two");
  const auto again = goes_live_again("pond", one);
  EXPECT_EQ(number_of(history().find("pond", again)), one);
  EXPECT_EQ(history().find("pond", 99), nullptr);
  EXPECT_EQ(history().find("pond", 0), nullptr);
  start_again();
  EXPECT_EQ(number_of(history().find("pond", again)), one);
}

TEST_F(HistoryTest, FindsTheNewestReleaseWithTheSameBytes) {
  add("pond", "one");
  const auto again = add("pond", "one");
  add("pond", "two");
  EXPECT_EQ(number_of(history().find_content("pond", content_of(history().of("pond").at(1).files))),
            again);
  EXPECT_EQ(history().find_content("shelf", "x"), nullptr);
}

TEST_F(HistoryTest, TheLastGoodReleaseWasLiveAndIsNotBanned) {
  EXPECT_EQ(history().last_good("pond"), nullptr);
  const auto one = add("pond", "one");
  const auto two = add("pond", "two");
  add("pond", "three", Verdict::kRefused);
  EXPECT_EQ(number_of(history().last_good("pond")), two);
  EXPECT_EQ(number_of(history().last_good("pond", {two})), one);
  history().ban("pond", two, Ban::kWithdrawn, 3);
  EXPECT_EQ(number_of(history().last_good("pond")), one);
  history().ban("pond", two, Ban::kNone);
  EXPECT_EQ(number_of(history().last_good("pond")), two);
}

TEST_F(HistoryTest, ARollbackGoesToWhatServedBefore) {
  const auto one = add("pond", "one");
  const auto two = add("pond", "two");
  const auto three = add("pond", "three");
  EXPECT_EQ(number_of(history().before("pond", three)), two);
  EXPECT_EQ(history().before("pond", one), nullptr);
  history().ban("pond", three, Ban::kRolledBack);
  const auto four = goes_live_again("pond", two);
  EXPECT_EQ(number_of(history().before("pond", four)), one);
  history().ban("pond", three, Ban::kNone);
  EXPECT_EQ(number_of(history().before("pond", four)), three);
}

TEST_F(HistoryTest, SetsAsideWhatCannotBeReadAndSaysItOnce) {
  add("pond", "one");
  add("pond", "two");
  add("pond", "three");
  write(releases() / "pond/1/manifest.json", "{");
  write(releases() / "pond/2/manifest.json", R"({"format": 2})");
  {
    const HistoryLog log;
    start_again();
    EXPECT_THAT(log.text(), HasSubstr("/pond/1: cannot be used"));
    EXPECT_THAT(log.text(), HasSubstr("format 2 is of another version of shoal"));
  }
  EXPECT_EQ(history().of("pond").size(), 1u);
  EXPECT_TRUE(fs::exists(releases() / "pond/1.unreadable/home.so"));
  const HistoryLog log;
  start_again();
  EXPECT_EQ(log.text(), "");
  EXPECT_EQ(history().next_number("pond"), 4u);
}

TEST_F(HistoryTest, SetsAsideAReleaseThatWasMovedToAnotherGroup) {
  add("pond", "one");
  add("shelf", "two");
  fs::rename(releases() / "pond/1", releases() / "shelf/7");
  const HistoryLog log;
  start_again();
  EXPECT_THAT(log.text(), HasSubstr("of another release"));
  EXPECT_EQ(history().of("shelf").size(), 1u);
}

TEST_F(HistoryTest, FollowsNoLinks) {
  add("pond", "one");
  add("shelf", "two");
  fs::rename(releases() / "shelf", run() / "elsewhere");
  fs::create_directory_symlink(run() / "elsewhere", releases() / "shelf");
  fs::remove(releases() / "pond/1/home.so");
  fs::create_symlink("/etc/passwd", releases() / "pond/1/home.so");
  const HistoryLog log;
  start_again();
  EXPECT_THAT(log.text(), HasSubstr("is a link"));
  EXPECT_THAT(history().groups(), ElementsAre("pond"));
  EXPECT_THROW(history().copies_of(history().of("pond").at(1)), LoadError);
}

TEST_F(HistoryTest, UsesNoFilesOfOtherUsers) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  add("pond", "one");
  add("pond", "two");
  ASSERT_EQ(::chown((releases() / "pond/1/manifest.json").c_str(), 65'534, 65'534), 0);
  ASSERT_EQ(::chown((releases() / "pond/2/home.so").c_str(), 65'534, 65'534), 0);
  const HistoryLog log;
  start_again();
  EXPECT_THAT(log.text(), HasSubstr("manifest.json: belongs to the user"));
  EXPECT_EQ(history().of("pond").size(), 1u);
  EXPECT_THROW(history().copies_of(history().of("pond").at(2)), LoadError);
}

TEST_F(HistoryTest, RefusesAFolderThatIsALink) {
  fs::create_directory(run() / "elsewhere");
  fs::create_directory_symlink(run() / "elsewhere", releases());
  EXPECT_THROW(history(), std::runtime_error);
}

TEST_F(HistoryTest, ReturnsCopiesThatAreWhatWasDropped) {
  const auto one = add("pond", "one");
  const Files files = history().copies_of(history().of("pond").at(one));
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(contents(files.at("home").path), "one");
  EXPECT_EQ(files.at("home").identity, *identity_of(files.at("home").path));
}

TEST_F(HistoryTest, RefusesCopiesThatDifferOrAreMissing) {
  add("pond", "one");
  const Release& release = history().of("pond").at(1);
  write(releases() / "pond/1/home.so", "two");
  try {
    history().copies_of(release);
    FAIL();
  } catch (const LoadError& error) {
    EXPECT_THAT(error.what(), HasSubstr("pond/1/home.so: differs from what was dropped"));
    EXPECT_THAT(error.what(), HasSubstr("drop the files again"));
    EXPECT_EQ(error.module(), "home");
  }
  fs::remove(releases() / "pond/1/home.so");
  EXPECT_THROW(history().copies_of(release), LoadError);
  fs::remove_all(releases() / "pond/1");
  EXPECT_THROW(history().copies_of(release), LoadError);
  EXPECT_FALSE(fs::exists(releases() / "pond/1"));
}

TEST_F(HistoryTest, HealsTheCopiesOfAReleaseWhoseBytesAreDroppedAgain) {
  add("pond", "one");
  add("pond", "two");
  history().ban("pond", 1, Ban::kWithdrawn, 3);
  const Release& release = history().of("pond").at(1);
  const auto heal = [&] {
    const auto draft = history().draft("pond", 3);
    write(draft / "home.so", "one");
    history().heal(release, draft);
    EXPECT_FALSE(fs::exists(draft));
    EXPECT_EQ(contents(history().copies_of(release).at("home").path), "one");
  };
  write(releases() / "pond/1/home.so", "damaged");
  heal();
  fs::remove(releases() / "pond/1/home.so");
  heal();
  fs::remove(releases() / "pond/1/manifest.json");
  heal();
  fs::remove_all(releases() / "pond/1");
  heal();
  fs::remove_all(releases());
  heal();
  start_again();
  EXPECT_EQ(history().of("pond").at(1).ban, Ban::kWithdrawn);
  EXPECT_EQ(history().of("pond").at(1).attempts.size(), 1u);
  EXPECT_EQ(contents(history().copies_of(history().of("pond").at(1)).at("home").path), "one");
}

TEST_F(HistoryTest, HealsNothingWithADraftWhoseCopiesAreMissing) {
  add("pond", "one");
  const Release& release = history().of("pond").at(1);
  const auto draft = history().draft("pond", 2);
  write(draft / "another.so", "one");
  EXPECT_THROW(history().heal(release, draft), Unavailable);
  EXPECT_FALSE(fs::exists(draft));
  EXPECT_EQ(contents(history().copies_of(release).at("home").path), "one");
}

TEST_F(HistoryTest, RemovesWhatAKilledProcessLeft) {
  add("pond", "one");
  write(releases() / "pond/.draft.2/home.so", "half");
  write(releases() / "pond/.removed.1/home.so", "half");
  write(releases() / "pond/serve.json.77.new", "half");
  start_again();
  EXPECT_THAT(names_below(releases() / "pond"), UnorderedElementsAre("1", "next"));
  EXPECT_THAT(names_below(releases()), UnorderedElementsAre("pond"));
}

TEST_F(HistoryTest, KeepsWholeReleasesWhenTheProcessIsKilledAtAnyMoment) {
  for (int round = 0; round < 20; ++round) {
    int done[2];
    ASSERT_EQ(::pipe(done), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      start_again();
      for (;;) {
        const auto number = add("pond", "bytes");
        goes_live_again("pond", number);
        history().prune({});
        if (::write(done[1], "x", 1) != 1) ::_exit(1);
      }
    }
    char byte = 0;
    for (int i = 0; i < round; ++i) ASSERT_EQ(::read(done[0], &byte, 1), 1);
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    ::close(done[0]);
    ::close(done[1]);
    const HistoryLog log;
    start_again();
    ASSERT_EQ(log.text(), "");
    for (const auto& [number, release] : history().of("pond")) {
      EXPECT_EQ(history().copies_of(release).size(), 1u);
    }
  }
}

TEST_F(HistoryTest, DropsADraft) {
  const auto draft = history().draft("pond", 1);
  write(draft / "home.so", "x");
  History::drop_draft(draft);
  EXPECT_FALSE(fs::exists(draft));
}

TEST_F(HistoryTest, AddsNoReleaseWhoseCopiesAreMissing) {
  const Release release = release_of("pond", "one", Verdict::kLive);
  const auto draft = history().draft("pond", release.number);
  fs::create_directory(draft);
  EXPECT_THROW(history().add(release, draft), Unavailable);
  EXPECT_THAT(history().of("pond"), IsEmpty());
  EXPECT_THAT(names_below(releases() / "pond"), ElementsAre("next"));
}

TEST_F(HistoryTest, TakesGroupsOfAnyName) {
  for (const std::string group : {"../../outside", "serve.json", ".", "k\xff", "a b"}) {
    add(group, "one");
    goes_live_again(group, 1);
  }
  start_again();
  EXPECT_THAT(history().groups(),
              UnorderedElementsAre("../../outside", "serve.json", ".", "k\xff", "a b"));
  EXPECT_EQ(history().of("serve.json").at(1).attempts.size(), 2u);
  EXPECT_THAT(names_below(run()), ElementsAre("releases"));
}

TEST_F(HistoryTest, GoesOnWhenItsFolderWasRemoved) {
  add("pond", "one");
  fs::remove_all(releases());
  const HistoryLog log;
  history().record("pond", 1, {});
  EXPECT_THAT(log.text(), HasSubstr("pond/1: cannot record"));
  EXPECT_EQ(history().of("pond").at(1).attempts.size(), 2u);
  EXPECT_EQ(add("pond", "two"), 2u);
  EXPECT_EQ(contents(history().copies_of(history().of("pond").at(2)).at("home").path), "two");
  history().record("pond", 2, {});
  const std::string before = log.text();
  history().record("pond", 1, {});
  EXPECT_EQ(log.text(), before) << "what was removed by hand is said once, whatever else works";
}

TEST_F(HistoryTest, SyncsWhileReleasesAreAddedAndRemoved) {
  history();
  std::atomic<bool> done = false;
  std::thread background([&] {
    while (!done) history().sync();
  });
  const HistoryLog log;
  for (int i = 0; i < 50; ++i) {
    add("pond", "bytes " + std::to_string(i));
    history().prune({});
  }
  done = true;
  background.join();
  history().sync();
  EXPECT_EQ(log.text(), "");
}

}  // namespace
}  // namespace shoal::releases
