// `shoal drop`: what it refuses before it touches anything, and that it drops all or nothing.
#include "releases/apps/drop.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <map>

#include "base/descriptor.hpp"
#include "releases/apps/identity.hpp"
#include "unit/releases/apps/apps_folder.hpp"
#include "unit/releases/apps/kernel.hpp"
#include "unit/releases/built.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using testing::UnorderedElementsAre;

class ADrop : public AppsFolder {
 protected:
  ADrop() { fs::current_path(folder()); }
  ~ADrop() override { fs::current_path(fs::temp_directory_path()); }

  /// A real module under another name.
  void build(const fs::path& file) const {
    fs::create_directories((folder() / file).parent_path());
    fs::copy_file(built("v1", "tiny"), folder() / file);
  }

  /// `module <- file` for each.
  std::vector<std::string> planned(std::vector<fs::path> paths,
                                   std::optional<std::string> as = {}) const {
    std::vector<std::string> lines;
    for (const auto& each : plan({std::move(paths), "apps", std::move(as)})) {
      lines.push_back(each.module + " <- " + each.from.native());
    }
    return lines;
  }

  static std::vector<std::string> wrong(const DropRequest& request) {
    try {
      plan(request);
    } catch (const PlanError& error) {
      return error.lines();
    }
    return {};
  }

  /// Everything below the apps folder, with what the files hold.
  std::map<std::string, std::string> tree() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(apps())) {
      const std::string name = entry.path().lexically_relative(apps());
      files[name] = entry.is_directory() ? "folder" : read(entry.path());
    }
    return files;
  }

  static void drop_all(const std::vector<Drop>& drops) {
    drop(drops, "apps", [] { return false; });
  }

  /// Why it failed.
  static std::string failure_of(const std::vector<Drop>& drops, const fs::path& into = "apps") {
    try {
      drop(drops, into, [] { return false; });
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return {};
  }

  /// Three modules to be dropped: a new one in a new folder between two that are there.
  std::vector<Drop> three() const {
    write("new/a", "new a");
    write("new/b", "new b");
    write("new/c", "new c");
    write("apps/a.so", "old a");
    write("apps/site/c.so", "old c");
    return {{"new/a", "a"}, {"new/b", "site.deep.b"}, {"new/c", "site.c"}};
  }
};

TEST_F(ADrop, OfAFileGoesByItsName) {
  for (const char* file : {"home.so", "out/aquarium.screen.home.so", "libtools.so"}) build(file);
  EXPECT_THAT(planned({"home.so", "out/aquarium.screen.home.so", "libtools.so"}),
              ElementsAre("aquarium.screen.home <- out/aquarium.screen.home.so", "home <- home.so",
                          "libtools <- libtools.so"));
}

TEST_F(ADrop, OfAFileGoesByAnotherName) {
  build("libhome.so.1");
  EXPECT_THAT(planned({"libhome.so.1"}, "aquarium.home"),
              ElementsAre("aquarium.home <- libhome.so.1"));
}

TEST_F(ADrop, OfAFolderIsItsTreeAsItLies) {
  for (const char* file : {"out/home.so", "out/site/page.so", "out/.git/x.so"}) build(file);
  write("out/README", "no module");
  EXPECT_THAT(planned({"out/"}),
              ElementsAre("home <- out/home.so", "site.page <- out/site/page.so"));
}

TEST_F(ADrop, PassesOverWhatEditorsLeave) {
  build("out/home.so");
  sh("cd out; touch '#home.so#' home.so~ .home.so.swp; ln -s me@host.1:2 '.#home.so'");
  EXPECT_THAT(planned({"out"}), ElementsAre("home <- out/home.so"));
}

TEST_F(ADrop, KeepsTheHolesOfAFile) {
  build("m.so");
  const auto size = fs::file_size("m.so");
  sh("truncate -s 200M hole; cat m.so | dd of=hole conv=notrunc status=none; mv hole m.so");
  drop_all({{"m.so", "m"}});
  struct stat status {};
  ASSERT_EQ(::stat("apps/m.so", &status), 0);
  EXPECT_EQ(status.st_size, 200 << 20);
  EXPECT_LT(static_cast<std::uintmax_t>(status.st_blocks) * 512, size + (10 << 20));
}

TEST_F(ADrop, IsRefusedWhenAFileIsTooLargeOrItsNameTooLong) {
  build("m.so");
  sh("truncate -s 1073741825 large.so");
  const std::string longer(250, 'n');
  build(longer + ".so");
  EXPECT_THAT(wrong({{"large.so", longer + ".so"}, "apps", {}}),
              UnorderedElementsAre(
                  StartsWith("large.so: has 1073741825 bytes, and a module may have 1 GiB; "),
                  longer + ".so: its module name has more than 200 characters; shorten the "
                           "name of the file or of a folder"));
  EXPECT_THAT(wrong({{"m.so"}, "apps", longer}),
              ElementsAre(HasSubstr("more than 200 characters")));
}

TEST_F(ADrop, IsRefusedWithAllThatIsWrongAtOnce) {
  for (const char* file : {"a.so", "out/a.so", "we ird.so", "b.so.1", "out/a.b.so"}) build(file);
  write("text.so", "text");
  sh("mkfifo fifo.so; ln -s nowhere apps/x; mkdir -p apps/a.so empty");
  EXPECT_THAT(
      wrong({{"absent.so", "fifo.so", "we ird.so", "b.so.1", "text.so", "a.so", "out", "empty"},
             "apps",
             {}}),
      UnorderedElementsAre(
          "absent.so: does not exist; build it, or correct the path",
          "fifo.so: not a regular file; put a shared object in its place, or remove it",
          "we ird.so: not a module name; use only letters, digits, _ and -, as in "
          "aquarium.screen.home.so, or name it with --as",
          "b.so.1: not a module name; use only letters, digits, _ and -, as in "
          "aquarium.screen.home.so, or name it with --as",
          StartsWith("text.so: "), StartsWith((folder() / "out/a.b.so").native() + ": passed over"),
          "out/a.so: becomes the module a, and so does a.so; drop only one of them",
          "empty: holds no *.so file; build the modules, or correct the path",
          "apps/a.so: a folder where a module has to go; move it away"));
}

TEST_F(ADrop, IsRefusedForAnotherNameThatIsNone) {
  build("a.so");
  for (const std::string name : {"a..b", "a/b", ".a", "a.", "a b"}) {
    EXPECT_THAT(
        wrong({{"a.so"}, "apps", name}),
        ElementsAre(
            "--as " + name +
            ": not a module name; use only letters, digits, _ and -, as in aquarium.screen.home"));
  }
}

TEST_F(ADrop, IsRefusedWhereItCannotGo) {
  build("site.a.so");
  EXPECT_THAT(wrong({{"site.a.so"}, "absent", {}}),
              ElementsAre("absent: cannot be used (No such file or directory); name the apps "
                          "folder with --apps"));
  EXPECT_THAT(wrong({{"site.a.so"}, "site.a.so", {}}),
              ElementsAre("site.a.so: not a folder; name the apps folder with --apps"));
  write("apps/site", "a file");
  EXPECT_THAT(
      wrong({{"site.a.so"}, "apps", {}}),
      ElementsAre("apps/site: not a folder, so site/a.so cannot be put into it; move it away"));
}

TEST_F(ADrop, IsRefusedWhereItMayNotWrite) {
  build("site.a.so");
  sh("chmod 644 site.a.so; mkdir apps/site; chmod 755 apps apps/site");
  const AsNobody nobody;
  EXPECT_THAT(
      wrong({{"site.a.so"}, "apps", {}}),
      ElementsAre("apps: cannot be written (Permission denied); check that the user running shoal "
                  "may write there",
                  "apps/site: cannot be written (Permission denied); check that the user running "
                  "shoal may write there"));
}

TEST_F(ADrop, GivesEachFileATimeOfItsOwnAndRightsForTheContainer) {
  write("new", "new");
  sh("chmod 700 new");
  std::int64_t last = 0;
  for (int i = 0; i < 3; ++i) {
    ::umask(077);
    drop_all({{"new", "deep.a"}, {"new", "deep.b"}});
    ::umask(022);
    for (const char* file : {"apps/deep/a.so", "apps/deep/b.so"}) {
      const auto time = identity_of(fs::path(file))->modified_ns;
      EXPECT_GT(time, last);
      last = time;
      EXPECT_EQ(fs::status(file).permissions(), fs::perms(0755));
    }
  }
  EXPECT_EQ(fs::status("apps/deep").permissions(), fs::perms(0755));
}

TEST_F(ADrop, FollowsALinkToTheAppsFolderAndReplacesALinkInIt) {
  write("new", "new");
  write("elsewhere.so", "old");
  sh("ln -s apps current; ln -s ../elsewhere.so apps/a.so");
  drop({{"new", "a"}}, "current", [] { return false; });
  EXPECT_EQ(read("apps/a.so"), "new");
  EXPECT_FALSE(fs::is_symlink("apps/a.so"));
  EXPECT_EQ(read("elsewhere.so"), "old");
}

class EitherWay : public ADrop, public testing::WithParamInterface<bool> {
 protected:
  EitherWay() { kernel.exchanges = GetParam(); }
  KernelAsItIs again_;
};

INSTANTIATE_TEST_SUITE_P(, EitherWay, testing::Bool(), [](const auto& way) {
  return std::string(way.param ? "WhereFilesCanBeExchanged" : "WhereTheyCannot");
});

TEST_P(EitherWay, ReplacesAndAddsAndLeavesNothingElse) {
  drop_all(three());
  EXPECT_EQ(tree(), (std::map<std::string, std::string>{{"a.so", "new a"},
                                                        {"site", "folder"},
                                                        {"site/c.so", "new c"},
                                                        {"site/deep", "folder"},
                                                        {"site/deep/b.so", "new b"}}));
}

TEST_P(EitherWay, LeavesEverythingAsItWasWhereverItFails) {
  const auto drops = three();
  const auto before = tree();
  int failures = 0;
  for (int rename = 1;; ++rename) {
    kernel.failing_rename = rename;
    const std::string failure = failure_of(drops);
    if (failure.empty()) break;
    ++failures;
    EXPECT_THAT(failure, HasSubstr("Permission denied")) << rename;
    EXPECT_THAT(failure, HasSubstr("nothing was dropped")) << rename;
    EXPECT_THAT(failure, testing::Not(HasSubstr("put back"))) << rename;
    EXPECT_EQ(tree(), before) << rename;
  }
  EXPECT_GE(failures, 4) << "the marker and three files";
  EXPECT_NE(tree(), before);
}

TEST_F(ADrop, LeavesEverythingAsItWasWhenAFileCannotBeRead) {
  auto drops = three();
  const auto before = tree();
  drops[2].from = "absent";
  EXPECT_THAT(failure_of(drops), StartsWith("absent: cannot be read (No such file"));
  EXPECT_EQ(tree(), before);
}

TEST_F(ADrop, LeavesEverythingAsItWasWhenItIsInterrupted) {
  const auto drops = three();
  const auto before = tree();
  int left = 0;
  const auto interrupted = [&left] { return left-- == 0; };
  int times = 0;
  for (;; ++times) {
    left = times;
    try {
      drop(drops, "apps", interrupted);
      break;
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "interrupted; nothing was dropped");
    }
    EXPECT_EQ(tree(), before) << times;
  }
  EXPECT_GE(times, 7) << "before each file, in the middle of each, before the renames";
}

TEST_F(ADrop, WaitsForTheOneThatRenamesJustNow) {
  const auto drops = three();
  const auto before = tree();
  const base::Descriptor other(::open("apps", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_EQ(::flock(other.get(), LOCK_EX), 0);
  int asked = 0;
  EXPECT_THROW(drop(drops, "apps", [&] { return ++asked == 100; }), std::runtime_error);
  EXPECT_EQ(tree(), before);
  drop(drops, "apps", [&] {
    if (++asked == 200) ::flock(other.get(), LOCK_UN);
    return false;
  });
  EXPECT_GE(asked, 200);
  EXPECT_NE(tree(), before);
}

TEST_F(ADrop, ClearsAwayWhatAKilledOneLeft) {
  const auto drops = three();
  write("apps/.shoal-drop.gone00", "4711\n");
  write("apps/site/.shoal-new.gone00.17", "half");
  drop_all(drops);
  EXPECT_EQ(tree().size(), 5u) << testing::PrintToString(tree());
}

}  // namespace
}  // namespace shoal::releases
