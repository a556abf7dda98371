// `shoal drop`, and every other way of bringing several files: never a page of two versions.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/file.h>

#include <fstream>

#include "base/descriptor.hpp"
#include "built.hpp"
#include "eventually.hpp"
#include "long_run.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ShoalDrop : public Site {
 protected:
  /// What has to settle is not loaded in the time that a request waits.
  explicit ShoalDrop(Plan plan = {.sweep = "{ settle: 59s, wait: 30s }"}) : Site(std::move(plan)) {}

  void SetUp() override {
    drop("1");
    start();
  }

  /// Has the program do it, with these words after `shoal drop`.
  Outcome shoal_drop(const std::string& words) const {
    return run("cd " + here().native() + "; " + built::kContainer + " drop " + words);
  }
  Outcome shoal_drop_site(const std::string& version) const {
    return shoal_drop(folder_of(version) + " --apps apps");
  }
  static std::string folder_of(const std::string& version) {
    return std::string(built::kModules) + "/" + version;
  }

  std::vector<std::string> hidden_files() const {
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(here() / "apps")) {
      const std::string name = entry.path().filename();
      if (name.starts_with('.')) files.push_back(entry.path());
    }
    return files;
  }

  void expect_no_failure(Clients& clients) const {
    const auto [requests, failed, problems] = clients.stop();
    EXPECT_EQ(failed, 0u) << "of " << requests << ": " << ::testing::PrintToString(problems);
    EXPECT_EQ(said("drop refused"), 0u);
  }
};

TEST_F(ShoalDrop, OfABaseAndItsChildrenIsServedAtOnceAndAsAWhole) {
  Clients clients(port(), 6, {"/", "/about"}, not_whole);
  for (int i = 0; i < 10; ++i) {
    const std::string version = i % 2 == 0 ? "2" : "1";
    clients.ask_for(20);
    const auto [exit_code, output] = shoal_drop_site(version);
    ASSERT_EQ(exit_code, 0) << output;
    EXPECT_EQ(version_of(get("/")), version);
    EXPECT_EQ(version_of(get("/about")), version);
  }
  expect_no_failure(clients);
  EXPECT_THAT(hidden_files(), IsEmpty());
}

TEST_F(ShoalDrop, SaysWhatItDropped) {
  shell("mkdir $HERE/out; cp $BUILT/2/lone.so $HERE/out; cp $BUILT/2/lone.so $HERE/late.lone.so");
  EXPECT_EQ(shoal_drop("out late.lone.so --apps apps").output,
            "late.lone <- late.lone.so\nlone <- out/lone.so\n");
  EXPECT_EQ(shoal_drop("out/lone.so --as late.other --apps apps").output,
            "late.other <- out/lone.so\n");
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  EXPECT_TRUE(fs::exists(file("late.lone")));
  EXPECT_TRUE(fs::exists(file("late.other")));
}

TEST_F(ShoalDrop, SaysAllThatIsWrongAndDropsNothing) {
  shell("echo text > $HERE/text.so; cp $BUILT/2/lone.so $HERE");
  const auto [exit_code, output] = shoal_drop("lone.so absent.so text.so --apps apps");
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(output, HasSubstr("absent.so: does not exist"));
  EXPECT_THAT(output, HasSubstr("text.so: "));
  EXPECT_THAT(output, HasSubstr("shoal drop: nothing was dropped\n"));
  EXPECT_EQ(generation("/lone"), "lone/1");
}

TEST_F(ShoalDrop, ExplainsWordsThatMakeNoSense) {
  for (const std::string words : {"", "lone.so", "--apps apps", "a.so b.so --apps apps --as lone",
                                  ". --apps apps --as lone", "a.so --apps apps --nonsense"}) {
    EXPECT_EQ(shoal_drop(words).exit_code, 2) << words;
  }
}

TEST_F(ShoalDrop, DropsNothingWhenThereIsNoRoom) {
  const auto words = folder_of("2") + " --apps apps";
  const auto [exit_code, output] =
      run("cd " + here().native() + "; ulimit -f 8; " + built::kContainer + " drop " + words);
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(output, HasSubstr(": cannot be written (File too large); see that there is room"));
  EXPECT_THAT(hidden_files(), IsEmpty());
  EXPECT_EQ(generation("/"), "site/1");
}

TEST_F(ShoalDrop, IsAllOrNothingWhenItIsEndedByASignal) {
  Clients clients(port(), 4, {"/", "/about"}, not_whole);
  std::string lies = "1";
  const int times = test::repetitions(12, 120);
  for (int i = 0; i < times; ++i) {
    const std::string version = lies == "1" ? "2" : "1";
    Process drop({built::kContainer, "drop", folder_of(version), "--apps", here() / "apps"},
                 here() / "drop.log");
    std::this_thread::sleep_for(std::chrono::milliseconds(30) * i / times);
    drop.send(i % 2 == 0 ? SIGTERM : SIGINT);
    const int exit_code = drop.wait();
    EXPECT_TRUE(exit_code == 0 || exit_code == 128 + SIGTERM || exit_code == 128 + SIGINT);
    EXPECT_THAT(hidden_files(), IsEmpty());
    const std::string now = version_of(get("/"));
    EXPECT_TRUE(now == version || now == lies) << now;
    EXPECT_EQ(version_of(get("/about")), now);
    lies = now;
  }
  expect_no_failure(clients);
}

/// What one of two has just put there, the other replaces: then files may have to settle.
class TwoShoalDrops : public ShoalDrop {
 protected:
  TwoShoalDrops() : ShoalDrop({.sweep = "{ settle: 300ms, wait: 60s }"}) {}
};

TEST_F(TwoShoalDrops, MayBeDoneAtOnce) {
  Clients clients(port(), 4, {"/", "/about"}, not_whole);
  for (int i = 0; i < 5; ++i) {
    shell(
        "cd $HERE; $SHOAL drop $BUILT/1 --apps apps >one & $SHOAL drop $BUILT/2 --apps apps >two;"
        "wait");
    const bool second = run("cmp " + file("site.layout.page").native() + " " + folder_of("2") +
                            "/site/layout/page.so")
                            .exit_code == 0;
    const std::string version = second ? "2" : "1";
    EXPECT_EQ(version_of(get("/")), version);
    EXPECT_EQ(version_of(get("/about")), version);
  }
  expect_no_failure(clients);
  EXPECT_THAT(hidden_files(), IsEmpty());
}

/// Renames one file after the other, slowly, under a marker of its own, or of somebody else.
class ByHand : public ShoalDrop {
 protected:
  ByHand() : ShoalDrop({.sweep = "{ settle: 100ms, wait: 60s }"}) {}

  fs::path marker() const { return here() / "apps" / ".shoal-drop.byhand"; }

  base::Descriptor raise() const {
    const fs::path aside = here() / "marker";
    base::Descriptor held(::open(aside.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    EXPECT_EQ(::flock(held.get(), LOCK_EX), 0);
    std::ofstream(aside) << "4711\n";
    fs::rename(aside, marker());
    return held;
  }

  /// Longer between two files than they have to settle.
  void drop_slowly(const std::string& version) {
    for (const char* module :
         {"site.layout.page", "site.screen.about", "site.screen.index", "site.widget.menu"}) {
      drop(version, {module});
      get("/");
      std::this_thread::sleep_for(std::chrono::milliseconds(250));
    }
    drop(version, {"site.screen.patient"});
  }
};

TEST_F(ByHand, NothingIsLoadedUnderAMarkerHoweverLongItTakes) {
  Clients clients(port(), 4, {"/", "/about"}, not_whole);
  auto held = raise();
  drop_slowly("2");
  EXPECT_EQ(generation("/"), "site/1");
  fs::remove(marker());
  EXPECT_EQ(version_of(get("/")), "2");
  EXPECT_EQ(generation("/"), "site/2");
  expect_no_failure(clients);
}

TEST_F(ByHand, AContainerThatStartsUnderAMarkerWaitsForIt) {
  auto held = raise();
  drop("2", {"site.layout.page"});
  stop_container(SIGKILL);
  Process late({built::kContainer, "serve", "-c", here() / "shoal.yaml"}, here() / "shoal.log");
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  drop("2");
  fs::remove(marker());
  EXPECT_TRUE(eventually([this] { return version_of(get("/")) == "2"; }));
  EXPECT_EQ(generation("/"), "site/1");
  late.send(SIGTERM);
  EXPECT_EQ(late.wait(), 0);
}

TEST_F(ByHand, TheMarkerOfADeadOwnerIsIgnoredWithOneWarning) {
  raise();  // and let go
  shell("cp $BUILT/2/lone.so $APPS");
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  drop("2");
  EXPECT_EQ(version_of(get("/")), "2");
  EXPECT_EQ(said(marker().native() + ": ignored: process 4711 that made it has died"), 1u);
  EXPECT_EQ(shoal_drop_site("1").exit_code, 0);
  EXPECT_FALSE(fs::exists(marker())) << "the next drop clears it away";
  EXPECT_EQ(version_of(get("/")), "1");
}

TEST_F(ByHand, AMarkerOverAMinuteOldIsIgnoredWithOneWarning) {
  auto held = raise();
  shell("cp $BUILT/2/lone.so $APPS");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  fs::last_write_time(marker(), fs::file_time_type::clock::now() - std::chrono::seconds(61));
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  EXPECT_EQ(said(marker().native() + ": ignored: over a minute old; end process 4711"), 1u);
}

TEST_F(ByHand, AShoalDropThatIsKilledHoldsNothing) {
  Clients clients(port(), 4, {"/", "/about"}, not_whole);
  // The drop has copied all and waits for its turn, which we have.
  const base::Descriptor turn(
      ::open((here() / "apps").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_EQ(::flock(turn.get(), LOCK_EX), 0);
  Process drop({built::kContainer, "drop", folder_of("2"), "--apps", here() / "apps"},
               here() / "drop.log");
  // Its marker, not up yet, and the new files of all six modules.
  EXPECT_TRUE(eventually([this] { return hidden_files().size() == 7; }));
  drop.send(SIGKILL);
  EXPECT_EQ(drop.wait(), 128 + SIGKILL);
  EXPECT_EQ(version_of(get("/")), "1");
  ASSERT_EQ(::flock(turn.get(), LOCK_UN), 0);
  EXPECT_EQ(shoal_drop_site("2").exit_code, 0);
  EXPECT_EQ(version_of(get("/")), "2");
  EXPECT_THAT(hidden_files(), IsEmpty());
  expect_no_failure(clients);
}

/// Other ways of bringing version $V, which lies in $FROM; see dropping_test.cpp for more.
struct OtherWay {
  const char* name;
  const char* drop;
  const char* needs = "true";
  // Longer than from one command of the line to the next, on a slow machine too.
  const char* settle = "1200ms";
};
void PrintTo(const OtherWay& way, std::ostream* stream) { *stream << way.name; }

const OtherWay kOtherWays[] = {
    {"Cp", "cp -r $FROM/site $APPS/"},
    {"CpOneByOne", "cd $FROM; for f in site/*/*.so; do cp $f $APPS/$f; sleep 0.05; done"},
    {"Rsync", "rsync -rI $FROM/site $APPS/", "rsync --version"},
    {"RsyncInPlace", "rsync -rI --inplace $FROM/site $APPS/", "rsync --version"},
    {"Tar", "tar -C $FROM -cf - site | tar -C $APPS -xf -"},
    {"ShoalDropThenCp", "$SHOAL drop $FROM --apps $APPS; cp -r $FROM/site $APPS/"},
    {"CpOfTheBaseThenShoalDropOfTheRest",
     "cp -r $FROM $HERE/rest; rm $HERE/rest/site/layout/page.so;"
     "cp $FROM/site/layout/page.so $APPS/site/layout/; $SHOAL drop $HERE/rest --apps $APPS;"
     "rm -r $HERE/rest",
     "true", "8s"},
};

class SeveralFiles : public Site, public ::testing::WithParamInterface<OtherWay> {
 protected:
  SeveralFiles()
      : Site({.sweep = std::string("{ settle: ") + GetParam().settle + ", wait: 60s }"}) {}

  void SetUp() override {
    if (run(GetParam().needs).exit_code != 0) GTEST_SKIP() << GetParam().needs << " fails here";
    drop("1");
    start();
  }
};

TEST_P(SeveralFiles, AreNeverServedByHalves) {
  Clients clients(port(), 6, {"/", "/about"}, not_whole);
  for (const std::string version : {"2", "1", "2"}) {
    clients.ask_for(20);
    shell("V=" + version + "; FROM=$BUILT/$V; " + GetParam().drop);
    EXPECT_EQ(version_of(get("/")), version);
    EXPECT_EQ(version_of(get("/about")), version);
  }
  const auto [requests, failed, problems] = clients.stop();
  EXPECT_EQ(failed, 0u) << "of " << requests << ": " << ::testing::PrintToString(problems);
  EXPECT_EQ(said("drop refused"), 0u);
}

INSTANTIATE_TEST_SUITE_P(, SeveralFiles, ::testing::ValuesIn(kOtherWays),
                         [](const auto& way) { return std::string(way.param.name); });

/// A build that links all of a group right into the apps folder, one after the other.
class LinkersOfAGroup : public Site, public ::testing::WithParamInterface<const char*> {
 protected:
  // Longer than a linker takes from one file to the next, on a slow machine too.
  LinkersOfAGroup() : Site({.sweep = "{ settle: 3s, wait: 120s }"}) {}

  void SetUp() override {
    const std::string linker = GetParam();
    if (run("command -v ld." + linker).exit_code != 0) GTEST_SKIP() << "no " << linker << " here";
    shell("mkdir -p $APPS/site/layout $APPS/site/screen $APPS/site/widget");
    const std::string compile = std::string(built::kCompiler) + " " + built::kSanitizerFlags +
                                " -std=c++20 -fPIC -fvisibility=hidden -I" + built::kRepository +
                                "/container/sdk/include -I" + built::kRepository +
                                "/tests/modules -c " + built::kRepository + "/tests/modules/site/";
    for (const std::string version : {"1", "2"}) {
      for (const std::string file :
           {"layout/page", "screen/index", "screen/about", "widget/menu"}) {
        shell("mkdir -p $HERE/" + version + "/" + fs::path(file).parent_path().native() + "; " +
              compile + file + ".cpp -DVERSION=" + version + " -o $HERE/" + version + "/" + file +
              ".o");
      }
    }
    link("1");
    start();
  }

  void link(const std::string& version) {
    shell("V=" + version + "; link() { f=$1; shift; " + built::kCompiler + " " +
          built::kSanitizerFlags + " -shared -fuse-ld=" + GetParam() +
          " -Wl,-z,now $HERE/$V/$f.o -o $APPS/site/$f.so \"$@\" -L" + built::kFolder +
          "/lib -lshoal; }; link layout/page -Wl,-soname,'$ORIGIN/site.layout.page.so';"
          "for f in screen/index screen/about; do link $f $APPS/site/layout/page.so; done;"
          "link widget/menu");
  }
};

TEST_P(LinkersOfAGroup, AreNeverCaughtInTheMiddle) {
  Clients clients(port(), 4, {"/", "/about"}, not_whole);
  for (const std::string version : {"2", "1"}) {
    clients.ask_for(20);
    link(version);
    EXPECT_EQ(version_of(get("/")), version);
    EXPECT_EQ(version_of(get("/about")), version);
  }
  const auto [requests, failed, problems] = clients.stop();
  EXPECT_EQ(failed, 0u) << "of " << requests << ": " << ::testing::PrintToString(problems);
  EXPECT_EQ(said("drop refused"), 0u);
}

INSTANTIATE_TEST_SUITE_P(, LinkersOfAGroup, ::testing::Values("bfd", "gold", "lld"),
                         [](const auto& linker) { return std::string(linker.param); });

}  // namespace
}  // namespace shoal::system
