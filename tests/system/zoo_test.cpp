// A release of the site with one bad file in it, while people click: nothing fails, nothing is
// mixed, the log says once what is wrong and what to do, and the next good release is served.
#include <gmock/gmock.h>

#include "built.hpp"
#include "releases.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::ValuesIn;

/// How it gets into the place of screen/about.so, and what the log says of it: fact and remedy.
struct Beast {
  const char* name;
  const char* change;
  const char* cause;
};
void PrintTo(const Beast& beast, std::ostream* stream) { *stream << beast.name; }

const Beast kBeasts[] = {
    {"IsEmpty", ": > screen/about.so", "incomplete: it is empty"},
    {"HasALostEnd", "head -c -64 $BUILT/2/site/screen/about.so > screen/about.so", "incomplete"},
    {"IsText", "echo torn > screen/about.so", "not a shared object.*linked with -shared"},
    {"IsAProgram", "cp $SHOAL screen/about.so",
     "a program, not a shared object; link it with -shared"},
    {"IsFor32Bits", "printf '\\001' | dd of=screen/about.so bs=1 seek=4 conv=notrunc",
     "built for another machine \\(ELF class 1.*; build it on this kind of machine"},
    {"IsForAnotherMachine", "printf '\\052\\000' | dd of=screen/about.so bs=1 seek=18 conv=notrunc",
     "built for another machine .*machine 42,.*; build it on this kind of machine"},
    {"IsOfAnotherSdk", "sed -i 's/sdk=[^;]*;/sdk=9.9;/' screen/about.so",
     "SDK version \\(sdk\\) is 9\\.9, this container has .*; build it with the headers of this"},
    {"IsOfOtherHeaders", "sed -i 's/headers=[^;]*;/headers=0123456789abcdef;/' screen/about.so",
     "\\(headers\\) is 0123456789abcdef, this container has .*; build it with the headers of this"},
    {"HasNoAbiNote", "cp $BUILT/zoo/no_note.so screen/about.so",
     "a handler without an ABI note; build it with the headers of this container"},
    {"HasAForeignSanitizer", "cp $BUILT/zoo/sanitized.so screen/about.so",
     "built with (Address|Thread)Sanitizer, this container is not.*; build it with the same "
     "preset"},
    {"HasAMissingSymbol", "cp $BUILT/missing_symbol/lone.so screen/about.so",
     "undefined symbol: .*in_no_library.*; link it with -z defs"},
    {"NeedsAMissingLibrary", "cp $BUILT/zoo/needs_nowhere.so screen/about.so",
     "needs libzoo_of_nowhere.so, which cannot be loaded .*; install it, or link with .* "
     "-Wl,-rpath"},
    {"NeedsABaseThatIsGone", "rm layout/page.so",
     "needs site.layout.page.so, which is not in the apps folder; drop it too"},
    {"ThrowsWhenMade", "cp $BUILT/throws_when_made/lone.so screen/about.so",
     "its constructor threw: no database at db.example"},
    {"ThrowsANumberWhenMade", "cp $BUILT/throws_a_number/lone.so screen/about.so",
     "its constructor threw something that is no std::exception"},
    {"CrashesWhenOpened", "cp $BUILT/zoo/crashes.so screen/about.so",
     "crashed with SIGSEGV .*while it was opened \\(in a static initialiser\\).*; fix it"},
    {"AbortsWhenOpened", "cp $BUILT/zoo/aborts.so screen/about.so",
     "crashed with SIGABRT .*while it was opened \\(in a static initialiser\\).*; fix it"},
    {"ExitsWhenOpened", "cp $BUILT/zoo/exits.so screen/about.so",
     "ended the process with exit code 0 while it was opened \\(in a static initialiser\\); mend "
     "it"},
    {"ThrowsWhenOpened", "cp $BUILT/zoo/throws.so screen/about.so",
     "crashed with SIGABRT .*it said: .*no database at db.example.*; fix it"},
    {"NeverEndsToBeOpened", "cp $BUILT/zoo/loops.so screen/about.so",
     "used up 10 s of processor time while it was opened \\(in a static initialiser\\); fix it"},
    {"HangsWhenOpened", "cp $BUILT/zoo/sleeps.so screen/about.so",
     "was not done after 20 s: it hangs while it was opened \\(in a static initialiser\\); mend "
     "it"},
    {"HasNoModule", "cp $BUILT/zoo/no_module.so screen/about.so",
     "has no SHOAL_MODULE, yet .* has a handler of this name; add SHOAL_MODULE\\(Class\\)"},
    {"HasThreadLocalsOfTheFirstHour", "cp $BUILT/zoo/initial_exec.so screen/about.so",
     "initial-exec model.*; build it with -fPIC and without -ftls-model=initial-exec"},
};

class ABeast : public Releases, public ::testing::WithParamInterface<Beast> {};

TEST_P(ABeast, HarmsNobodyIsReportedOnceAndGivesWayToAGoodRelease) {
  Clients clients(port(), 4, {"/", "/about"}, not_whole);
  clients.ask_for(10);
  release("2", GetParam().change);
  expect_version("1");
  clients.ask_for(10);
  EXPECT_EQ(generation("/about"), "site/1");
  EXPECT_EQ(said("drop refused"), 1u);
  EXPECT_THAT(refusal(), HasSubstr("refused: " + file("site.screen.about").native() + ": "));
  EXPECT_THAT(refusal(), ContainsRegex(GetParam().cause));
  EXPECT_THAT(refusal(), HasSubstr("; still serving site/1"));

  release("2");
  expect_version("2");
  EXPECT_EQ(generation("/about"), "site/2");
  EXPECT_EQ(said("drop refused"), 1u);
  expect_no_failure(clients);
}

INSTANTIATE_TEST_SUITE_P(, ABeast, ValuesIn(kBeasts),
                         [](const auto& beast) { return std::string(beast.param.name); });

class TheZoo : public Releases {
 protected:
  /// Releases version 2 with another about.so in each of nine ways, all of which are incomplete.
  /// `change` knows $kept, the bytes that are kept of so many, and $size.
  void release_torn(const std::string& change) {
    Clients clients(port(), 4, {"/", "/about"}, not_whole);
    const auto size = fs::file_size(fs::path(built::kModules) / "2/site/screen/about.so");
    for (unsigned tenths = 1; tenths < 10; ++tenths) {
      release("2", "size=" + std::to_string(size) + "; kept=" + std::to_string(size * tenths / 10) +
                       "; " + change);
      expect_version("1");
      EXPECT_EQ(said("about.so: incomplete"), tenths) << tenths << " tenths are kept";
      EXPECT_EQ(said("drop refused"), tenths);
    }
    release("2");
    expect_version("2");
    EXPECT_EQ(generation("/"), "site/2");
    expect_no_failure(clients);
  }
};

TEST_F(TheZoo, HasFilesThatAreCutAtEveryTenthOfTheirLength) {
  release_torn("truncate -s $kept screen/about.so");
}

TEST_F(TheZoo, HasFilesThatAreZeroFromEveryTenthOfTheirLength) {
  release_torn("truncate -s $kept screen/about.so; truncate -s $size screen/about.so");
}

TEST_F(TheZoo, HasFoldersPipesAndDanglingLinksThatLookLikeModules) {
  Clients clients(port(), 4, {"/", "/about"}, not_whole);
  release("2", "mkdir screen/folder.so; mkfifo screen/pipe.so; ln -s nowhere screen/lost.so");
  expect_version("2");
  EXPECT_EQ(said("screen/folder.so: passed over: a folder, not a module\n"), 1u);
  EXPECT_EQ(said("screen/pipe.so: passed over: not a regular file\n"), 1u);
  EXPECT_EQ(said("screen/lost.so: passed over: a link to nothing\n"), 1u);
  EXPECT_EQ(said("drop refused"), 0u);
  release("1");
  expect_version("1");
  expect_no_failure(clients);
}

TEST_F(TheZoo, HasPipesAndDanglingLinksInThePlaceOfModulesThatServe) {
  drop("1", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  Clients clients(port(), 4, {"/lone"}, [](const auto&, const Answer& answer) {
    return answer.status == 200 ? "" : std::to_string(answer.status);
  });
  shell("ln -s nowhere $HERE/aside; mv -T $HERE/aside $APPS/lone.so");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_EQ(said("lone.so: passed over: a link to nothing\n"), 1u);
  shell("mkfifo $HERE/aside; mv -T $HERE/aside $APPS/lone.so");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_EQ(said("lone.so: passed over: not a regular file\n"), 1u);
  clients.ask_for(20);
  drop("2", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  expect_no_failure(clients);
}

/// Has `lone` need the base class of the pages.
class TheBorrower : public Releases {
 protected:
  void SetUp() override {
    drop("1", {"lone"});
    Releases::SetUp();
    shell("cp $BUILT/zoo/borrower.so $HERE/aside.so; mv $HERE/aside.so $APPS/lone.so");
  }

  Outcome shoal(const std::string& words) const {
    return run("cd " + here().native() + "; " + built::kContainer + " " + words);
  }

  /// Fact and remedy, as every command words them.
  std::string cause() const {
    return file("lone").native() + ": needs " + file("site.layout.page").native() +
           ", a module of group site, so the two are not replaced together; put both into one: " +
           kMend;
  }
  static constexpr const char* kMend = "groups: { lone: [lone, site] }";
};

TEST_F(TheBorrower, OfAnotherGroupsLibraryIsRefusedWithTheLineThatWouldMendIt) {
  Clients clients(port(), 4, {"/", "/about"}, not_whole);
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_EQ(refusal(), "drop refused: " + cause() + "; still serving lone/1");
  drop("2", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  EXPECT_EQ(said("drop refused"), 1u);
  expect_no_failure(clients);
}

TEST_F(TheBorrower, IsReportedByCheckAndByProbeWithTheSameLineAndTheLineMendsIt) {
  const auto checked = shoal("check -c shoal.yaml");
  EXPECT_EQ(checked.exit_code, 1);
  EXPECT_THAT(checked.output, HasSubstr(cause() + "\n"));
  const auto probed = shoal("probe -c shoal.yaml apps/lone.so");
  EXPECT_EQ(probed.exit_code, 1);
  EXPECT_THAT(probed.output, HasSubstr(cause() + "\n"));

  shell(std::string("sed 's/^groups: .*/") + kMend + "/' $HERE/shoal.yaml > $HERE/mended.yaml");
  const auto mended = shoal("probe -c mended.yaml apps/lone.so");
  EXPECT_EQ(mended.exit_code, 0) << mended.output;
  EXPECT_THAT(shoal("check -c mended.yaml").output, ::testing::Not(HasSubstr("lone.so: ")));
}

}  // namespace
}  // namespace shoal::system
