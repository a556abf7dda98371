// A release of the site with one bad file, under load: no request fails, no page mixes two
// versions, the log says once what is wrong and what to do, and the next good release is served.
#include <gmock/gmock.h>

#include "built.hpp"
#include "releases.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::ValuesIn;

/// A bad file in the place of screen/about.so.
struct BadFile {
  const char* name;
  const char* change;  ///< shell that puts it there
  const char* cause;   ///< what the log says: fact and remedy
};
void PrintTo(const BadFile& bad, std::ostream* stream) { *stream << bad.name; }

const BadFile kBadFiles[] = {
    {"IsEmpty", ": > screen/about.so", "incomplete: it is empty"},
    {"LacksItsEnd", "head -c -64 $BUILT/2/site/screen/about.so > screen/about.so", "incomplete"},
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
     "needs libzoo_of_nowhere.so, which cannot be loaded .*; install it, or link the module "
     "with .* -Wl,-rpath"},
    {"NeedsABaseThatIsGone", "rm layout/page.so",
     "needs site.layout.page.so, which is not in the apps folder; drop it too"},
    {"ThrowsWhenMade", "cp $BUILT/throws_when_made/lone.so screen/about.so",
     "its constructor threw: no database at db.example"},
    {"ThrowsANumberWhenMade", "cp $BUILT/throws_a_number/lone.so screen/about.so",
     "its constructor threw something that is not a std::exception"},
    {"CrashesWhenOpened", "cp $BUILT/zoo/crashes.so screen/about.so",
     "crashed with SIGSEGV .*while it was opened \\(in a static initialiser\\).*; fix it"},
    {"AbortsWhenOpened", "cp $BUILT/zoo/aborts.so screen/about.so",
     "crashed with SIGABRT .*while it was opened \\(in a static initialiser\\).*; fix it"},
    {"ExitsWhenOpened", "cp $BUILT/zoo/exits.so screen/about.so",
     "ended the process with exit code 0 while it was opened \\(in a static initialiser\\); fix "
     "it"},
    {"ThrowsWhenOpened", "cp $BUILT/zoo/throws.so screen/about.so",
     "crashed with SIGABRT .*its last output was: .*no database at db.example.*; fix it"},
    {"NeverEndsToBeOpened", "cp $BUILT/zoo/loops.so screen/about.so",
     // A busy machine may not give the probe 10 s of processor time within 20 s.
     "(used up 10 s of processor time|hung for 20 s) while it was opened \\(in a static "
     "initialiser\\); fix it"},
    {"HangsWhenOpened", "cp $BUILT/zoo/sleeps.so screen/about.so",
     "hung for 20 s while it was opened \\(in a static initialiser\\); fix "
     "it"},
    {"HasNoModule", "cp $BUILT/zoo/no_module.so screen/about.so",
     "has no SHOAL_MODULE, yet .* has a handler of this name; add SHOAL_MODULE\\(Class\\)"},
    {"HasInitialExecThreadLocals", "cp $BUILT/zoo/initial_exec.so screen/about.so",
     "initial-exec model.*; build it with -fPIC and without -ftls-model=initial-exec"},
};

class ReleaseWithABadFile : public Releases, public ::testing::WithParamInterface<BadFile> {};

TEST_P(ReleaseWithABadFile, IsRejectedOnceAndReplacedByAGoodOne) {
  Visitors visitors(port(), 4, {"/", "/about"}, check_page);
  visitors.wait_for_responses(10);
  release("2", GetParam().change);
  expect_version("1");
  visitors.wait_for_responses(10);
  EXPECT_EQ(generation("/about"), "site/1");
  EXPECT_EQ(said("drop refused"), 1u);
  EXPECT_THAT(first_refusal(), HasSubstr("refused: " + file("site.screen.about").native() + ": "));
  EXPECT_THAT(first_refusal(), ContainsRegex(GetParam().cause));
  EXPECT_THAT(first_refusal(), HasSubstr("; still serving site/1"));

  release("2");
  expect_version("2");
  EXPECT_EQ(generation("/about"), "site/3") << "the refused drop has taken a number";
  EXPECT_EQ(said("drop refused"), 1u);
  expect_no_failure(visitors);
}

INSTANTIATE_TEST_SUITE_P(, ReleaseWithABadFile, ValuesIn(kBadFiles),
                         [](const auto& bad) { return std::string(bad.param.name); });

class BadRelease : public Releases {
 protected:
  /// Releases version 2 nine times with an incomplete about.so: one tenth of its bytes is kept, two
  /// tenths, and so on. `change` knows $size, the size of the file, and $kept, how many of its
  /// bytes are kept.
  void release_incomplete(const std::string& change) {
    Visitors visitors(port(), 4, {"/", "/about"}, check_page);
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
    EXPECT_EQ(generation("/"), "site/11") << "each refused drop has taken a number";
    expect_no_failure(visitors);
  }
};

TEST_F(BadRelease, WithATruncatedFileIsRefused) {
  release_incomplete("truncate -s $kept screen/about.so");
}

TEST_F(BadRelease, WithAFileThatEndsInZerosIsRefused) {
  release_incomplete("truncate -s $kept screen/about.so; truncate -s $size screen/about.so");
}

TEST_F(BadRelease, WithFoldersPipesAndDanglingLinksIsServedWithoutThem) {
  Visitors visitors(port(), 4, {"/", "/about"}, check_page);
  release("2", "mkdir screen/folder.so; mkfifo screen/pipe.so; ln -s nowhere screen/lost.so");
  expect_version("2");
  EXPECT_EQ(said("screen/folder.so: passed over: a folder, not a module\n"), 1u);
  EXPECT_EQ(said("screen/pipe.so: passed over: not a regular file; put a shared object in its "
                 "place, or remove it\n"),
            1u);
  EXPECT_EQ(said("screen/lost.so: passed over: a symbolic link to a file that does not exist; "
                 "correct the link, or remove it\n"),
            1u);
  EXPECT_EQ(said("drop refused"), 0u);
  release("1");
  expect_version("1");
  expect_no_failure(visitors);
}

TEST_F(BadRelease, WithAPipeOrADanglingLinkForAModuleLeavesTheOldOneServing) {
  drop("1", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  Visitors visitors(port(), 4, {"/lone"}, [](const auto&, const Response& answer) {
    return answer.status == 200 ? "" : std::to_string(answer.status);
  });
  shell("ln -s nowhere $HERE/aside; mv -T $HERE/aside $APPS/lone.so");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_EQ(said("lone.so: passed over: a symbolic link to a file that does not exist; correct the "
                 "link, or remove it\n"),
            1u);
  shell("mkfifo $HERE/aside; mv -T $HERE/aside $APPS/lone.so");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_EQ(said("lone.so: passed over: not a regular file; put a shared object in its place, or "
                 "remove it\n"),
            1u);
  visitors.wait_for_responses(20);
  drop("2", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  expect_no_failure(visitors);
}

/// `lone` needs the base class of the pages, which is in another group.
class ModuleThatNeedsAnotherGroup : public Releases {
 protected:
  void SetUp() override {
    drop("1", {"lone"});
    Releases::SetUp();
    drop_file("zoo/borrower.so", "lone");
  }

  /// Returns the message, which is the same for all commands.
  std::string cause() const {
    return file("lone").native() + ": needs " + file("site.layout.page").native() +
           ", a module of group site, so the two are not replaced together; put both into one "
           "group: " +
           kFix;
  }
  static constexpr const char* kFix = "groups: { lone: [lone, site] }";
};

TEST_F(ModuleThatNeedsAnotherGroup, IsRefusedWithTheLineThatFixesIt) {
  Visitors visitors(port(), 4, {"/", "/about"}, check_page);
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_EQ(first_refusal(), "drop refused: " + cause() + "; still serving lone/1");
  drop("2", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  EXPECT_EQ(said("drop refused"), 1u);
  expect_no_failure(visitors);
}

TEST_F(ModuleThatNeedsAnotherGroup, IsReportedByCheckAndProbeWithTheLineThatFixesIt) {
  const auto checked = shoal("check -c shoal.yaml");
  EXPECT_EQ(checked.exit_code, 1);
  EXPECT_THAT(checked.output, HasSubstr(cause() + "\n"));
  const auto probed = shoal("probe -c shoal.yaml apps/lone.so");
  EXPECT_EQ(probed.exit_code, 1);
  EXPECT_THAT(probed.output, HasSubstr(cause() + "\n"));

  shell(std::string("sed 's/^groups: .*/") + kFix + "/' $HERE/shoal.yaml > $HERE/fixed.yaml");
  const auto fixed = shoal("probe -c fixed.yaml apps/lone.so");
  EXPECT_EQ(fixed.exit_code, 0) << fixed.output;
  EXPECT_THAT(shoal("check -c fixed.yaml").output, ::testing::Not(HasSubstr("lone.so: ")));
}

}  // namespace
}  // namespace shoal::system
