#include <gmock/gmock.h>

#include <map>
#include <string>

#include "built.hpp"
#include "eventually.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::ValuesIn;

/// A drop of `lone` that must not be served. bad_releases_test.cpp has many more.
struct BadDrop {
  const char* name;
  const char* drop;   ///< shell that puts it there
  const char* cause;  ///< what the log says
};
void PrintTo(const BadDrop& bad, std::ostream* stream) { *stream << bad.name; }

const BadDrop kBadDrops[] = {
    {"IsTruncated", "head -c 5000 $BUILT/2/lone.so > $APPS/lone.so", "incomplete"},
    {"LacksItsEnd", "head -c -64 $BUILT/2/lone.so > $APPS/lone.so", "incomplete"},
    {"IsEmpty", ": > $APPS/lone.so", "incomplete: it is empty"},
    {"IsNotASharedObject", "echo 'int main() {}' > $APPS/lone.so", "not a shared object"},
    {"IsAProgram", "cp $SHOAL $APPS/lone.so", "lone.so"},
    {"HasAMissingSymbol", "cp $BUILT/missing_symbol/lone.so $APPS",
     "undefined symbol: .*in_no_library"},
    {"NeedsALibraryOfAnotherGroup", "cp $BUILT/1/site/screen/index.so $APPS/lone.so",
     "needs .*/site/layout/page.so, a module of group site"},
    {"ThrowsWhenMade", "cp $BUILT/throws_when_made/lone.so $APPS",
     "its constructor threw: no database at db.example"},
    {"ThrowsANumberWhenMade", "cp $BUILT/throws_a_number/lone.so $APPS",
     "its constructor threw something that is not a std::exception"},
    {"CrashesWhenOpened", "cp $BUILT/zoo/crashes.so $APPS/lone.so", "crashed with SIGSEGV"},
};

class BadDropAtTheStart : public Site, public ::testing::WithParamInterface<BadDrop> {
 protected:
  void SetUp() override { drop("1"); }
};

TEST_P(BadDropAtTheStart, LeavesOnlyItsOwnGroupUnserved) {
  shell(GetParam().drop);
  start();
  const Response answer = get("/lone");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, ::testing::Not(HasSubstr("lone.so")));
  EXPECT_EQ(version_of(get("/")), "1");
  EXPECT_THAT(first_refusal(), HasSubstr(file("lone").native()));
  EXPECT_THAT(first_refusal(), ContainsRegex(GetParam().cause));
  EXPECT_THAT(log(), HasSubstr("not serving lone: " + file("lone").native() + ": "));

  drop("2", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  EXPECT_EQ(generation("/lone"), "lone/2") << "the refused files have taken a number";
}

INSTANTIATE_TEST_SUITE_P(, BadDropAtTheStart, ValuesIn(kBadDrops),
                         [](const auto& bad) { return std::string(bad.param.name); });

class BadModule : public Site {
 protected:
  void SetUp() override {
    drop("1");
    start();
  }
};

TEST_F(BadModule, KeepsItsWholeGroupAtTheOldGeneration) {
  Visitors visitors(port(), 4, {"/", "/about"}, check_page);
  drop("2", {"site.layout.page", "site.screen.index", "site.widget.menu"});
  shell("echo torn > $APPS/site/screen/about.so");
  EXPECT_EQ(version_of(get("/")), "1");
  EXPECT_EQ(version_of(get("/about")), "1");
  EXPECT_EQ(said("drop refused"), 1u);
  drop("2", {"site.screen.about", "site.screen.patient"});
  EXPECT_EQ(version_of(get("/")), "2");
  EXPECT_EQ(version_of(get("/about")), "2");
  expect_no_failure(visitors);
}

TEST_F(BadModule, MayBeABaseThatLacksASymbolOfItsHandlers) {
  drop("empty_base", {"site.layout.page"});
  EXPECT_EQ(version_of(get("/")), "1");
  EXPECT_THAT(log(), ContainsRegex("drop refused: .*undefined symbol"));
  drop("1", {"site.layout.page"});
  EXPECT_EQ(version_of(get("/")), "1");
  EXPECT_EQ(said("drop refused"), 1u);
}

TEST_F(BadModule, DoesNotDelayDropsOfOtherGroups) {
  shell("echo torn > $APPS/site/screen/about.so");
  drop("2", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  EXPECT_EQ(version_of(get("/about")), "1");
}

TEST_F(BadModule, IsRetriedOnlyWhenItsFilesChange) {
  shell("cp $BUILT/throws_when_made/lone.so $APPS");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  drop("2", {"site.widget.menu", "site.layout.page", "site.screen.index", "site.screen.about",
             "site.screen.patient"});
  EXPECT_EQ(version_of(get("/")), "2");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_EQ(said("drop refused"), 1u);
  shell("touch $APPS/lone.so");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_EQ(said("drop refused"), 2u);
}

TEST_F(BadModule, IsForgottenWhenTheOldFileReturns) {
  shell("mv $APPS/lone.so $HERE/kept.so; echo torn > $APPS/lone.so");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  shell("mv $HERE/kept.so $APPS/lone.so");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_EQ(said("drop refused"), 1u);
}

/// A file that cannot be loaded, which can be found without opening it: how $HERE/bad.so is
/// made, and how its reason begins.
struct BadFile {
  const char* name;
  const char* make;
  const char* reason;
  bool passed_over = false;   ///< by the scan of the apps folder: the group is loaded without it
  bool known_to_drop = true;  ///< false: known only from the configuration, not to `shoal drop`
};
void PrintTo(const BadFile& bad, std::ostream* stream) { *stream << bad.name; }

const BadFile kBadFiles[] = {
    {"Empty", ": > bad.so", "incomplete: it is empty"},
    {"CutShort", "head -c 5000 $BUILT/2/lone.so > bad.so", "incomplete: "},
    {"Text", "echo torn > bad.so", "not a shared object"},
    {"AProgram", "cp $SHOAL bad.so", ""},
    {"TooLarge", "truncate -s 1073741825 bad.so", "has 1073741825 bytes, and a module may have"},
    {"OfAnotherSdk", "sed 's/sdk=[^;]*;/sdk=9.9;/' $BUILT/2/lone.so > bad.so", "ABI mismatch: SDK"},
    {"WithoutAnAbiNote", "cp $BUILT/zoo/no_note.so bad.so", "a handler without an ABI note"},
    {"WithAForeignSanitizer", "cp $BUILT/zoo/sanitized.so bad.so", "built with "},
    {"WithInitialExecStorage", "cp $BUILT/zoo/initial_exec.so bad.so", "its thread-local storage"},
    {"APipe", "mkfifo bad.so", "not a regular file; ", true},
    {"ABrokenLink", "ln -s nowhere bad.so", "a symbolic link to a file that does not exist; ",
     true},
    {"ThatNeedsAnotherGroup", "cp $BUILT/zoo/borrower.so bad.so", "needs ", false, false},
    {"ThatNeedsAMissingLibrary", "cp $BUILT/zoo/needs_nowhere.so bad.so",
     "needs libzoo_of_nowhere.so, which cannot be loaded (", false, false},
};

class OneCheck : public Site {
 protected:
  void SetUp() override {
    drop("1");
    start();
  }

  Outcome shoal(const std::string& words) const {
    return run("cd " + here().native() + "; " + built::kContainer + " " + words);
  }

  /// What stands behind `begin` in the line that has it; empty if there is no such line.
  static std::string rest_of_line(const std::string& text, const std::string& begin) {
    const auto at = text.find(begin);
    if (at == std::string::npos) return {};
    const auto from = at + begin.size();
    return text.substr(from, text.find('\n', from) - from);
  }
};

class OneCheckOfFiles : public OneCheck, public ::testing::WithParamInterface<BadFile> {};

TEST_P(OneCheckOfFiles, GivesTheLoaderCheckProbeAndDropTheSameReason) {
  const BadFile& bad = GetParam();
  shell("cd $HERE; " + std::string(bad.make));
  const auto probed_aside = shoal("probe bad.so");
  const std::string reason = rest_of_line(probed_aside.output, (here() / "bad.so").native() + ": ");
  if (bad.known_to_drop) {
    EXPECT_THAT(reason, ::testing::StartsWith(bad.reason));
    EXPECT_EQ(probed_aside.exit_code, 1);
    const auto dropped = shoal("drop bad.so --as lone --apps apps");
    EXPECT_EQ(dropped.exit_code, 1);
    EXPECT_EQ(rest_of_line(dropped.output, "bad.so: "), reason);
  }

  shell("mv -T $HERE/bad.so $APPS/lone.so");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  const std::string found = file("lone").native() + (bad.passed_over ? ": passed over: " : ": ");
  ASSERT_TRUE(eventually([&] {
    get("/lone");
    return said(found) > 0;
  }));
  const auto checked = shoal("check -c shoal.yaml");
  EXPECT_EQ(checked.exit_code, 1);
  const std::string known = rest_of_line(checked.output, found);
  EXPECT_THAT(known, ::testing::StartsWith(bad.reason));
  if (bad.known_to_drop) {
    EXPECT_EQ(known, reason);
  }
  EXPECT_EQ(rest_of_line(log(), found), known + (bad.passed_over ? "" : "; still serving lone/1"));
  const auto probed = shoal("probe -c shoal.yaml apps/lone.so");
  EXPECT_EQ(probed.exit_code, 1);
  EXPECT_EQ(rest_of_line(probed.output, file("lone").native() + ": "), known);
}

INSTANTIATE_TEST_SUITE_P(, OneCheckOfFiles, ValuesIn(kBadFiles),
                         [](const auto& bad) { return std::string(bad.param.name); });

class OneCheckOfNames : public OneCheck {};

TEST_F(OneCheckOfNames, GivesTheLoaderCheckProbeAndDropTheSameReason) {
  const std::string long_name(250, 'n');
  for (const auto& [name, reason] : std::map<std::string, std::string>{
           {"two words", "not a module name; use only letters, digits, _ and -"},
           {long_name, "its module name has more than 200 characters; shorten "}}) {
    shell("cp $BUILT/2/lone.so '" + (here() / name).native() + ".so'");
    EXPECT_THAT(shoal("drop '" + name + ".so' --apps apps").output,
                HasSubstr(name + ".so: " + reason));
    shell("mv '" + (here() / name).native() + ".so' $APPS");
    const std::string path = (here() / "apps" / name).native() + ".so: ";
    EXPECT_TRUE(eventually([&] {
      get("/lone");
      return said(path + "passed over: " + reason) == 1;
    }));
    EXPECT_THAT(shoal("check -c shoal.yaml").output, HasSubstr(path + "passed over: " + reason));
    EXPECT_THAT(shoal("probe -c shoal.yaml 'apps/" + name + ".so'").output,
                HasSubstr(path + reason));
  }
}

}  // namespace
}  // namespace shoal::system
