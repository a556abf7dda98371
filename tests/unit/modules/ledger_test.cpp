// Several processes agree on numbers: in any order, when one is killed, and with damaged pages.
#include "modules/ledger.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <set>

#include "modules/new_line.hpp"
#include "unit/releases/apps/apps_folder.hpp"
#include "unit/releases/logged.hpp"

namespace shoal::modules {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Agreeing : public AppsFolder {
 protected:
  /// The number that a process gets for these files.
  unsigned long claims(const std::string& files, unsigned long above = 0) {
    return ledger_.claim("pond", wish(files, above)).number;
  }

  /// The files go live, with a kept copy, and the number that they have.
  unsigned long serves(const std::string& files, unsigned long above = 0) {
    const Terms terms = ledger_.claim("pond", wish(files, above));
    keep(terms.files);
    ledger_.publish("pond", terms);
    ledger_.tidy("pond");
    return terms.number;
  }

  void refuses(const std::string& files) {
    ledger_.give_back("pond", ledger_.claim("pond", wish(files)));
  }

  Terms looks_up(const std::string& files) const { return ledger_.look_up("pond", wish(files)); }

  static Wish wish(const std::string& files, unsigned long above = 0) {
    return {files, above, false, false};
  }

  /// As a generation's kept copy looks from here.
  void keep(const std::string& files) const {
    std::filesystem::create_directories(run() / "kept/pond" / files);
    std::ofstream(run() / "kept/pond" / files / "manifest") << files;
  }

  std::set<std::string> kept() const {
    std::set<std::string> names;
    std::error_code none;
    for (const auto& it : std::filesystem::directory_iterator(run() / "kept/pond", none)) {
      names.insert(it.path().filename());
    }
    return names;
  }

  /// A process of its own; as a fork, for it has to say something only by its end.
  template <typename Deed>
  static pid_t in_a_process(const Deed& deed) {
    const pid_t id = ::fork();
    if (id == 0) {
      deed();
      ::_exit(0);
    }
    return id;
  }

  static int end_of(pid_t process) {
    int status = 0;
    EXPECT_EQ(::waitpid(process, &status, 0), process);
    return status;
  }

  Ledger ledger_{run()};
};

TEST_F(Agreeing, GivesTheSameFilesTheSameNumberAndNewFilesTheNext) {
  EXPECT_EQ(claims("a"), 1u);
  EXPECT_EQ(Ledger(run()).claim("pond", wish("a")).number, 1u);
  EXPECT_EQ(serves("a"), 1u);
  EXPECT_EQ(serves("b", 1), 2u);
  EXPECT_EQ(claims("b"), 2u) << "whoever comes late";
  EXPECT_EQ(Ledger(run()).claim("lone", wish("a")).number, 1u) << "each group has its own";
}

TEST_F(Agreeing, CountsAGenerationOnceWhateverTheNumberOfProcesses) {
  const Terms first = ledger_.claim("pond", wish("a"));
  EXPECT_EQ(ledger_.publish("pond", first).generations, 1u);
  EXPECT_EQ(Ledger(run()).publish("pond", first).generations, 1u) << "the next process";
  refuses("bad");
  EXPECT_EQ(ledger_.publish("pond", ledger_.claim("pond", wish("b", 1))).generations, 2u);
  ledger_.end("pond");
  EXPECT_EQ(ledger_.publish("pond", ledger_.claim("pond", wish("c", 2))).generations, 3u);
  ledger_.begin();
  EXPECT_EQ(ledger_.publish("pond", ledger_.claim("pond", wish("c"))).generations, 1u);
}

TEST_F(Agreeing, TakesARollBackToOldFilesForANewGenerationInAllProcesses) {
  serves("a");
  serves("b", 1);
  EXPECT_EQ(serves("a", 2), 3u);
  EXPECT_EQ(claims("a"), 3u) << "a new process";
  EXPECT_EQ(claims("a", 1), 3u) << "one that has slept through all of it";
  EXPECT_EQ(looks_up("a").live, 3u);
}

TEST_F(Agreeing, NeverGivesAFreshProcessTheOldNumberOfARollBack) {
  serves("a");
  serves("b", 1);
  EXPECT_EQ(claims("a"), 3u) << "it comes before all others to it";
  EXPECT_EQ(claims("a", 2), 3u);
}

TEST_F(Agreeing, UsesANumberAgainThatWasGivenBackByAllWhoHadIt) {
  serves("a");
  refuses("bad");
  EXPECT_EQ(claims("b", 1), 2u);
}

TEST_F(Agreeing, KeepsANumberForTheProcessThatMayStillPublishIt) {
  serves("a");
  int ready[2];
  int done[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(done), 0);
  const pid_t other = in_a_process([&] {
    Ledger(run()).claim("pond", wish("b", 1));
    char byte = 0;
    ::close(done[1]);
    if (::write(ready[1], &byte, 1) == 1) static_cast<void>(!::read(done[0], &byte, 1));
  });
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  refuses("b");
  EXPECT_EQ(claims("c", 1), 3u);
  ledger_.give_back("pond", ledger_.claim("pond", wish("c", 1)));
  for (const int end : {done[0], done[1], ready[0], ready[1]}) ::close(end);
  EXPECT_EQ(end_of(other), 0);
  EXPECT_EQ(claims("c", 1), 2u) << "it has died, and published nothing";
}

TEST_F(Agreeing, AgreesAmongEightProcessesThatAskAtOnce) {
  constexpr int kRounds = 12;
  std::vector<pid_t> processes;
  for (int i = 0; i < 8; ++i) {
    processes.push_back(in_a_process([this, i] {
      Ledger own(run());
      std::ofstream numbers(folder() / ("numbers." + std::to_string(i)));
      unsigned long above = 0;
      for (int round = 0; round < kRounds; ++round) {
        above = own.claim("pond", wish("files " + std::to_string(round), above)).number;
        numbers << round << ":" << above << "\n";
      }
    }));
  }
  for (const pid_t process : processes) EXPECT_EQ(end_of(process), 0);
  std::string all;
  for (int round = 0; round < kRounds; ++round) {
    all += std::to_string(round) + ":" + std::to_string(round + 1) + "\n";
  }
  for (int i = 0; i < 8; ++i) EXPECT_EQ(read("numbers." + std::to_string(i)), all);
}

TEST_F(Agreeing, SurvivesThreadsThatShareIt) {
  std::vector<std::thread> threads;
  std::atomic<int> same = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { same += claims("a") == 1 ? 1 : 0; });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(same, 8);
}

TEST_F(Agreeing, StaysReadableWhoeverIsKilledWhileWriting) {
  serves("a");
  ASSERT_TRUE(ledger_.quarantine("pond", 1, 3));
  const Logged logged;
  for (int i = 0; i < 40; ++i) {
    const pid_t writer = in_a_process([this] {
      Ledger own(run());
      for (unsigned long number = 0;; ++number) own.claim("pond", wish(std::to_string(number)));
    });
    std::this_thread::sleep_for(std::chrono::microseconds(500 + 173 * i));
    ::kill(writer, SIGKILL);
    end_of(writer);
    ASSERT_TRUE(looks_up("a").quarantine) << i;
    ASSERT_NE(claims("after " + std::to_string(i)), 0u);
  }
  EXPECT_THAT(logged.text(), IsEmpty());
}

TEST_F(Agreeing, SetsAsideWhatIsNoPageOfItsOwn) {
  for (const char* rubbish : {"", "{", "[]", "{}", R"({"shoal_ledger": 999})", "\xff\xfe",
                              R"({"shoal_ledger":1,"epoch":0,"last":0,"made":[{}]})"}) {
    write("run/ledger/pond.json", rubbish);
    const Logged logged;
    EXPECT_EQ(looks_up("a").files, "a");
    EXPECT_EQ(claims("a", 7), 8u) << "above what the process has had: " << rubbish;
    EXPECT_THAT(logged.text(), HasSubstr("warning " + (run() / "ledger/pond.json").native()));
    EXPECT_EQ(read("run/ledger/pond.json.broken"), rubbish);
  }
}

TEST_F(Agreeing, SaysWhatIsWrongWithItsFolder) {
  sh("rmdir run/ledger; touch run/ledger");
  try {
    Ledger ledger(run());
    FAIL() << "a file is no folder";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("run/ledger: cannot be written"));
  }
}

TEST_F(Agreeing, BeginsAnewWithEachService) {
  serves("a");
  serves("b", 1);
  ledger_.begin();
  EXPECT_THAT(kept(), IsEmpty());
  EXPECT_EQ(looks_up("b").live, 0u);
  EXPECT_EQ(claims("c"), 1u);
}

TEST_F(Agreeing, KeepsWhatServesAndWhatWasGoodBefore) {
  unsigned long above = 0;
  for (const char* files : {"a", "b", "c", "d"}) above = serves(files, above);
  EXPECT_THAT(kept(), ElementsAre("c", "d"));
  ledger_.end("pond");
  EXPECT_THAT(kept(), IsEmpty());
  EXPECT_EQ(claims("a"), 5u) << "the numbers go on";
}

TEST_F(Agreeing, PutsTheLastGoodFilesInThePlaceOfThoseInQuarantine) {
  serves("a");
  serves("b", 1);
  const auto text = ledger_.quarantine("pond", 2, 3);
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, HasSubstr("pond/2: in quarantine after 3 crashes"));
  EXPECT_THAT(*text, HasSubstr("files of pond/1 serve instead until new files are dropped"));
  EXPECT_FALSE(ledger_.quarantine("pond", 2, 4)) << "told twice, it happens once";
  EXPECT_FALSE(ledger_.quarantine("pond", 77, 3)) << "a number that nobody knows";
  EXPECT_FALSE(ledger_.quarantine("nobody", 1, 3));

  const Terms fresh = ledger_.claim("pond", wish("b"));
  EXPECT_EQ(fresh.files, "a");
  EXPECT_TRUE(fresh.kept);
  EXPECT_EQ(fresh.number, 3u);
  ASSERT_TRUE(fresh.quarantine);
  EXPECT_EQ(fresh.quarantine->generation, 2u);
  EXPECT_EQ(fresh.quarantine->crashes, 3u);
  EXPECT_EQ(claims("b", 2), 3u) << "whether a process has served them or not";
  EXPECT_THAT(kept(), ElementsAre("a")) << "those in quarantine are not needed";
}

TEST_F(Agreeing, EndsAQuarantineWithNewFiles) {
  serves("a");
  serves("b", 1);
  ledger_.quarantine("pond", 2, 3);
  serves("b", 2);
  EXPECT_EQ(ledger_.quarantines().size(), 1u) << "the stead is not new";
  serves("c", 3);
  EXPECT_THAT(ledger_.quarantines(), IsEmpty());
  EXPECT_EQ(looks_up("c").files, "c");
}

TEST_F(Agreeing, HasNothingGoodOnceTheSteadIsInQuarantineToo) {
  serves("a");
  serves("b", 1);
  ledger_.quarantine("pond", 2, 3);
  EXPECT_EQ(serves("b", 2), 3u);
  const auto text = ledger_.quarantine("pond", 3, 3);
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, HasSubstr("no earlier good files are kept"));
  EXPECT_EQ(looks_up("b").files, "");
  EXPECT_EQ(claims("b", 3), 0u);
}

TEST_F(Agreeing, RemembersAQuarantineInTheNextService) {
  serves("a");
  serves("b", 1);
  ledger_.quarantine("pond", 2, 3);
  ledger_.begin();
  EXPECT_THAT(kept(), ElementsAre("a"));
  const Terms terms = ledger_.claim("pond", wish("b"));
  EXPECT_EQ(terms.files, "a");
  EXPECT_EQ(terms.number, 1u);
  ASSERT_TRUE(terms.quarantine);
  EXPECT_TRUE(terms.quarantine->earlier);
  serves("b");
  serves("c", 1);
  EXPECT_THAT(ledger_.quarantines(), IsEmpty());
  ledger_.begin();
  EXPECT_THAT(kept(), IsEmpty());
}

TEST_F(Agreeing, LeavesAloneWhatServesWhenAnOlderGenerationIsPutIntoQuarantine) {
  serves("a");
  serves("b", 1);
  const auto epoch = looks_up("b").epoch;
  EXPECT_TRUE(ledger_.quarantine("pond", 1, 3)) << "its last requests crashed";
  EXPECT_EQ(looks_up("b").epoch, epoch);
  EXPECT_EQ(looks_up("a").files, "b") << "should they be dropped back as they were";
}

TEST_F(Agreeing, MakesANewGenerationOfOldFilesWhenToldTo) {
  serves("a");
  EXPECT_TRUE(ledger_.renew("pond"));
  EXPECT_EQ(claims("a", 1), 2u);
  EXPECT_EQ(claims("a"), 2u);
  EXPECT_FALSE(ledger_.renew("nobody"));
  EXPECT_FALSE(ledger_.renew("../ledger/pond"));
}

TEST_F(Agreeing, HasLateProcessesOfAPinnedGroupLoadWhatTheFirstDid) {
  serves("a");
  const Wish late{"b", 0, true, false};
  EXPECT_EQ(ledger_.look_up("pond", late).files, "a");
  EXPECT_EQ(ledger_.claim("pond", late).number, 1u);
  ledger_.renew("pond");
  EXPECT_EQ(ledger_.look_up("pond", late).files, "b");
}

}  // namespace
}  // namespace shoal::modules
