// Several registries on the same folders: the same numbers, and no worker serves what crashed.
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <sched.h>

#include <functional>

#include "serving.hpp"
#include "unit/releases/logged.hpp"

namespace shoal::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// Runs a deed in new processes and returns their answers. They are forked by a process that has no
/// threads, as the supervisor forks its workers.
class Elsewhere {
 public:
  using Deed = std::function<std::string(const std::string& word)>;

  /// REQUIRES: this process has no other thread now.
  explicit Elsewhere(const Deed& deed) {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends_), 0);
    id_ = ::fork();
    if (id_ == 0) fork_for(deed);
    ::close(ends_[1]);
  }
  ~Elsewhere() {
    ::close(ends_[0]);
    EXPECT_EQ(::waitpid(id_, nullptr, 0), id_);
  }
  Elsewhere(const Elsewhere&) = delete;
  Elsewhere& operator=(const Elsewhere&) = delete;

  std::string says(const std::string& word) const {
    EXPECT_EQ(::send(ends_[0], word.data(), word.size(), MSG_NOSIGNAL), std::ssize(word));
    std::string text(64 * 1024, '\0');
    text.resize(static_cast<std::size_t>(
        std::max<ssize_t>(0, ::recv(ends_[0], text.data(), text.size(), 0))));
    return text;
  }

 private:
  [[noreturn]] void fork_for(const Deed& deed) const {
    ::close(ends_[0]);
    std::string word(1024, '\0');
    for (ssize_t size; (size = ::recv(ends_[1], word.data(), word.size(), 0)) > 0;) {
      const pid_t id = ::fork();
      if (id == 0) {
        const std::string text = deed(word.substr(0, static_cast<std::size_t>(size)));
        ::_exit(::send(ends_[1], text.data(), text.size(), MSG_NOSIGNAL) < 0 ? 1 : 0);
      }
      ::waitpid(id, nullptr, 0);
    }
    ::_exit(0);
  }

  int ends_[2] = {-1, -1};
  pid_t id_ = 0;
};

class Together : public Serving {
 protected:
  std::unique_ptr<Registry> join() {
    return std::make_unique<Registry>(apps(), run(), ledger_, grouping_, rules_,
                                      Surroundings{configs_, {}, false, {}});
  }

  static GroupReport report_of(const Registry& registry, const std::string& group) {
    for (auto& report : registry.report()) {
      if (report.group == group) return report;
    }
    return {};
  }

  /// `lone/2: lone 2`, as a visitor of that process sees it.
  static std::string seen(Registry& registry, const std::string& module) {
    const auto snapshot = registry.enter(module);
    const auto* entry = snapshot->find(module);
    if (entry == nullptr || entry->generation == nullptr) return answer_in(*snapshot, module);
    const auto& note = entry->generation->note();
    return entry->generation->label() + (note.empty() ? "" : " (" + note + ")") + ": " +
           answer_in(*snapshot, module);
  }

  std::string seen(const std::string& module) { return seen(*registry_, module); }

  /// As a worker that was just started sees it, in a process of its own.
  std::string seen_by_a_new_process(const std::string& module) const {
    return elsewhere_->says(module);
  }

  void serve() {
    elsewhere_.emplace([this](const std::string& module) { return seen(*join(), module); });
    Serving::serve();
  }

  bool comes_to_serve(const Registry& registry, const std::string& label) {
    return eventually([&] { return report_of(registry, "lone").label == label; });
  }

  /// As the supervisor does it.
  void quarantine(const std::string& group, unsigned long number) {
    EXPECT_TRUE(ledger_.quarantine(group, number, 3));
    registry_->reconsider(group);
  }

  void serve_two_and_withdraw_the_second() {
    drop("v1", "lone");
    serve();
    drop("v2", "lone");
    ASSERT_EQ(seen("lone"), "lone/2: lone 2");
    quarantine("lone", 2);
    ASSERT_TRUE(comes_to_serve(*registry_, "lone/3"));
  }

  std::optional<Elsewhere> elsewhere_;
};

TEST_F(Together, GiveTheSameDropsTheSameNumbers) {
  drop_pond("v1");
  drop("v1", "lone");
  serve();
  const auto other = join();
  for (const char* number : {"2", "3", "4", "5"}) {
    drop(*number % 2 == 0 ? "v2" : "v1", "lone");
    const std::string expected =
        "lone/" + std::string(number) + (*number % 2 == 0 ? ": lone 2" : ": lone 1");
    EXPECT_EQ(seen(*other, "lone"), expected);
    EXPECT_EQ(seen("lone"), expected);
  }
  EXPECT_EQ(seen(*other, "pond.left"), "pond/1: left 1 on base 1");
  EXPECT_EQ(seen_by_a_new_process("lone"), "lone/5: lone 1");
}

TEST_F(Together, CountARefusedDropForNothing) {
  drop("v1", "lone");
  serve();
  const auto other = join();
  drop("throws", "lone");
  EXPECT_EQ(seen("lone"), "lone/1: lone 1");
  EXPECT_EQ(seen(*other, "lone"), "lone/1: lone 1");
  drop("v2", "lone");
  EXPECT_EQ(seen(*other, "lone"), "lone/2: lone 2");
  EXPECT_EQ(seen("lone"), "lone/2: lone 2");
}

TEST_F(Together, AgreeOnARollBackThatOneHasSleptThrough) {
  sh("mkdir -p r/1/apps r/2/apps; ln -s r/1 current");
  sh("cp '" + built("v1", "lone").native() + "' r/1/apps");
  sh("cp '" + built("v2", "lone").native() + "' r/2/apps");
  apps_served_ = folder() / "current/apps";
  serve();
  const Registry sleeper(*apps_served_, run(), ledger_, grouping_, rules_,
                         Surroundings{configs_, {}, false, {}});
  auto& asleep = const_cast<Registry&>(sleeper);  // NOLINT
  sh("ln -sfn r/2 current");
  EXPECT_EQ(seen("lone"), "lone/2: lone 2");
  sh("ln -sfn r/1 current");
  EXPECT_EQ(seen("lone"), "lone/3: lone 1");
  EXPECT_EQ(answer_in(*asleep.enter("lone"), "lone"), "lone 1");
  EXPECT_TRUE(comes_to_serve(sleeper, "lone/3"));
}

TEST_F(Together, HaveAProcessThatStartsOnABadDropServeWhatTheOthersServe) {
  drop("v1", "lone");
  serve();
  drop("throws", "lone");
  EXPECT_EQ(seen("lone"), "lone/1: lone 1");
  EXPECT_EQ(seen_by_a_new_process("lone"), "lone/1: lone 1");
  const auto other = join();
  EXPECT_EQ(seen(*other, "lone"), "lone/1: lone 1");
  EXPECT_THAT(report_of(*other, "lone").refusal, HasSubstr("its constructor threw: no database"));
  drop("v2", "lone");
  EXPECT_EQ(seen(*other, "lone"), "lone/2: lone 2");
  EXPECT_EQ(report_of(*other, "lone").refusal, "");
}

TEST_F(Together, ReplaceByHandUnderOneNumber) {
  drop("v1", "lone");
  serve();
  const auto other = join();
  EXPECT_TRUE(registry_->reload("lone"));
  EXPECT_TRUE(comes_to_serve(*registry_, "lone/2"));
  EXPECT_TRUE(other->reconsider("lone"));
  EXPECT_TRUE(comes_to_serve(*other, "lone/2"));
  EXPECT_TRUE(ledger_.renew("lone"));
  EXPECT_EQ(seen_by_a_new_process("lone"), "lone/3: lone 1") << "before it is told";
  other->reconsider("lone");
  registry_->reconsider("lone");
  EXPECT_TRUE(comes_to_serve(*other, "lone/3"));
  EXPECT_TRUE(comes_to_serve(*registry_, "lone/3"));
  EXPECT_FALSE(registry_->reload("nobody"));
  EXPECT_FALSE(registry_->reconsider("nobody"));
}

TEST_F(Together, LoadAPinnedGroupAnewOnlyWhenToldTo) {
  grouping_ = Grouping::never();
  drop("v1", "lone");
  serve();
  drop("v2", "lone");
  EXPECT_EQ(seen("lone"), "pinned.lone/1: lone 1");
  EXPECT_EQ(seen_by_a_new_process("lone"), "pinned.lone/1: lone 1");
  EXPECT_TRUE(registry_->reload("pinned.lone"));
  EXPECT_TRUE(eventually([this] { return seen("lone") == "pinned.lone/2: lone 2"; }));
  EXPECT_EQ(seen_by_a_new_process("lone"), "pinned.lone/2: lone 2");
}

TEST_F(Together, GoBackToTheLastGoodFilesWithoutARequest) {
  drop("v1", "lone");
  serve();
  const auto other = join();
  drop("v2", "lone");
  EXPECT_EQ(seen("lone"), "lone/2: lone 2");
  EXPECT_EQ(seen(*other, "lone"), "lone/2: lone 2");
  quarantine("lone", 2);
  other->reconsider("lone");
  EXPECT_TRUE(comes_to_serve(*registry_, "lone/3"));
  EXPECT_TRUE(comes_to_serve(*other, "lone/3"));
  const char* const stead = "lone/3 (instead of 2, quarantined): lone 1";
  EXPECT_EQ(seen("lone"), stead);
  EXPECT_EQ(seen(*other, "lone"), stead);
  EXPECT_EQ(seen_by_a_new_process("lone"), stead);
  const auto quarantine = report("lone").quarantine;
  ASSERT_TRUE(quarantine);
  EXPECT_EQ(quarantine->generation, 2u);
  EXPECT_EQ(quarantine->crashes, 3u);
  EXPECT_FALSE(quarantine->earlier);
  EXPECT_EQ(report("lone").note, "instead of 2, quarantined");
}

TEST_F(Together, SaysOnceWhatIsInQuarantineAndWhatEndsIt) {
  const Logged logged;
  serve_two_and_withdraw_the_second();
  registry_->reload("lone");
  EXPECT_TRUE(comes_to_serve(*registry_, "lone/4"));
  end();
  const std::string text = logged.text();
  const std::string line =
      "error lone/2: in quarantine after 3 crashes; the last good files serve instead, as "
      "lone/3; to end the quarantine, drop new files\n";
  const auto said = text.find(line);
  EXPECT_NE(said, std::string::npos) << text;
  EXPECT_EQ(text.find("in quarantine", said + line.size()), std::string::npos) << text;
}

TEST_F(Together, EndAQuarantineWithWhateverIsDroppedNext) {
  serve_two_and_withdraw_the_second();
  drop("v2", "lone");
  EXPECT_EQ(seen("lone"), "lone/4: lone 2") << "the same content, dropped once more, is new";
  EXPECT_FALSE(report("lone").quarantine);
  EXPECT_EQ(seen_by_a_new_process("lone"), "lone/4: lone 2");
}

TEST_F(Together, KeepTheQuarantineWhenTheNextDropIsBad) {
  serve_two_and_withdraw_the_second();
  drop("throws", "lone");
  const char* const stead = "lone/3 (instead of 2, quarantined): lone 1";
  EXPECT_EQ(seen("lone"), stead);
  EXPECT_THAT(refusal("lone"), HasSubstr("no database"));
  EXPECT_EQ(seen_by_a_new_process("lone"), stead);
}

TEST_F(Together, RememberAQuarantineWhenTheServiceStartsAgain) {
  serve_two_and_withdraw_the_second();
  end();
  serve();
  EXPECT_EQ(seen("lone"), "lone/1 (instead of 2 of an earlier start, quarantined): lone 1");
  drop("v2", "lone");
  EXPECT_EQ(seen("lone"), "lone/2: lone 2");
  end();
  serve();
  EXPECT_EQ(seen("lone"), "lone/1: lone 2");
}

TEST_F(Together, ServeNothingWhereNothingGoodIsKnown) {
  drop("v1", "lone");
  drop_pond("v1");
  serve();
  quarantine("lone", 1);
  EXPECT_TRUE(eventually([this] { return get("lone") == "503"; }));
  EXPECT_THAT(
      refusal("lone"),
      HasSubstr("lone/1 is in quarantine after 3 crashes, and no other files can serve instead"));
  EXPECT_EQ(seen_by_a_new_process("lone"), "503");
  EXPECT_EQ(get("pond.left"), "left 1 on base 1");
  EXPECT_TRUE(report("lone").quarantine);
  drop("v2", "lone");
  EXPECT_EQ(seen("lone"), "lone/2: lone 2");
  EXPECT_EQ(refusal("lone"), "");
}

TEST_F(Together, ServeNothingWhenTheSteadCrashesToo) {
  serve_two_and_withdraw_the_second();
  quarantine("lone", 3);
  EXPECT_TRUE(eventually([this] { return get("lone") == "503"; }));
}

TEST_F(Together, PutBackAWholeGroup) {
  drop_pond("v1");
  serve();
  drop("v2", "pond.base");
  ASSERT_EQ(seen("pond.left"), "pond/2: left 1 on base 2");
  quarantine("pond", 2);
  ASSERT_TRUE(eventually([this] { return label("pond") == "pond/3"; }));
  EXPECT_EQ(seen("pond.left"), "pond/3 (instead of 2, quarantined): left 1 on base 1");
  EXPECT_EQ(get("pond.right"), "right 1 on base 1");
}

TEST_F(Together, ReportWhatAGenerationIsMadeOf) {
  drop_pond("v1");
  serve();
  const auto pond = report("pond");
  ASSERT_EQ(pond.files.size(), 3u);
  EXPECT_EQ(pond.number, 1u);
  ASSERT_TRUE(pond.loaded);
  EXPECT_LE(*pond.loaded, std::chrono::system_clock::now());
  EXPECT_EQ(pond.files[0].module, "pond.base");
  EXPECT_FALSE(pond.files[0].handler);
  EXPECT_TRUE(pond.files[1].handler);
  EXPECT_EQ(pond.files[1].path, apps() / "pond/left.so");
  EXPECT_THAT(pond.files[1].build_id, testing::MatchesRegex("[0-9a-f]{40}"));
  const auto snapshot = enter("pond.left");
  EXPECT_THAT(snapshot->find("pond.left")->generation->files_text(),
              HasSubstr((apps() / "pond/left.so").native() + " " + pond.files[1].build_id + "\n"));
}

TEST_F(Together, ReloadWithoutACopyWhenThereIsNoRoomForOne) {
  drop("v1", "lone");
  // A small disk of its own. If the test may not mount one, a file is in the folder's place.
  const Elsewhere small_disk([this](const std::string& module) {
    const bool mounted = ::unshare(CLONE_NEWNS) == 0 &&
                         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         ::mount("shoal-test", run().c_str(), "tmpfs", 0, "size=4m,mode=700") == 0;
    if (!mounted) {
      std::filesystem::create_directories(run() / "kept");
      std::ofstream(run() / "kept/lone") << "no folder";
    }
    const Logged logged;
    Ledger ledger(run());
    std::string text;
    {
      Registry registry(apps(), run(), ledger, grouping_, rules_,
                        Surroundings{configs_, {}, false, {}});
      text = seen(registry, module);
      const auto need = 2 * std::filesystem::file_size(apps() / "lone.so");
      if (mounted) {
        std::ofstream(run() / "ballast")
            << std::string(std::filesystem::space(run()).available - need, 'x');
      }
      drop("v2", module);
      text += ", " + seen(registry, module) + "\n";
    }
    return text + logged.text();
  });
  const std::string said = small_disk.says("lone");
  EXPECT_THAT(said, testing::StartsWith("lone/1: lone 1, lone/2: lone 2\n"));
  EXPECT_THAT(said, HasSubstr("cannot keep a copy"));
}

}  // namespace
}  // namespace shoal::test
