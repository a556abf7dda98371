// The one check of files: one test for each kind of fault.
#include "releases/linking/faults.hpp"

#include <dlfcn.h>

#include "releases/apps/bounds.hpp"
#include "unit/releases/apps/apps_folder.hpp"
#include "unit/releases/built.hpp"

namespace shoal::releases {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::SizeIs;
using testing::StartsWith;

class CheckingFiles : public AppsFolder {
 protected:
  /// An author links a library of this code into the apps folder.
  void link(const std::string& file, const std::string& code, const std::string& flags = "") {
    write(file + ".cpp", code);
    sh("cd apps && g++ -shared -fPIC ../" + file + ".cpp -o " + file + " " + flags);
  }

  /// Puts a real module into the apps folder.
  void copy(const std::string& version, const std::string& from, const std::string& module) {
    const auto path = apps() / path_of(module);
    std::filesystem::create_directories(path.parent_path());
    std::filesystem::copy_file(built(version, from), path);
    has(module);
  }

  /// Has the check look at this file of the apps folder.
  void has(const std::string& module) { files_[module] = {apps() / path_of(module), {}}; }

  static Grouping all_in_pond() { return Grouping::listed({{"pond", {"pond", "lone"}}}); }

  /// Checks the group `pond`.
  CheckedFiles check(const Grouping& grouping = all_in_pond()) {
    apps_ = {apps(), files_, grouping};
    Files members;
    for (const auto& [module, file] : files_) {
      if (grouping.of(module).group == "pond") members.emplace(module, file);
    }
    return check_files({.files = members, .group = "pond", .apps = &apps_, .handlers = handlers_});
  }

  std::vector<std::string> faults(const Grouping& grouping = all_in_pond()) {
    std::vector<std::string> texts;
    for (const auto& fault : check(grouping).faults) texts.push_back(fault.text());
    return texts;
  }

  std::string path(const char* file) const { return (apps() / file).native(); }

  Files files_;
  Apps apps_;
  std::set<std::string> handlers_;
};

TEST_F(CheckingFiles, FindsNothingInAGoodGroupAndTellsWhatItLearned) {
  copy("v1", "pond.base", "pond.base");
  copy("v1", "pond.left", "pond.left");
  const CheckedFiles checked = check();
  EXPECT_THAT(checked.faults, IsEmpty());
  EXPECT_THAT(checked.facts, ElementsAre(Key("pond.base"), Key("pond.left")));
  EXPECT_TRUE(checked.facts.at("pond.left").handler);
  EXPECT_THAT(checked.links.at("pond.left").members, ElementsAre("pond.base"));
  EXPECT_THAT(checked.patches, ElementsAre(Key("pond.base"), Key("pond.left")));
}

TEST_F(CheckingFiles, LoadsAndWritesNothing) {
  copy("v1", "lone", "lone");
  const std::string before = read("apps/lone.so");
  EXPECT_THAT(faults(), IsEmpty());
  EXPECT_EQ(::dlopen(path("lone.so").c_str(), RTLD_NOW | RTLD_NOLOAD), nullptr);
  EXPECT_EQ(read("apps/lone.so"), before);
}

TEST_F(CheckingFiles, ReadsWhatHasBeenStagedInPlaceOfTheFiles) {
  copy("v1", "lone", "lone");
  write("staged", "torn");
  FilesToCheck files{.files = files_};
  files.read = [this](const std::string&) { return FileBytes(folder() / "staged"); };
  EXPECT_THAT(check_files(files).faults, ElementsAre(testing::Field(&Fault::module, "lone")));
  files.read = [](const std::string&) -> FileBytes { throw std::logic_error("mine"); };
  EXPECT_THROW(check_files(files), std::logic_error);
}

TEST_F(CheckingFiles, AsksOnlyForEachFileWhereNoGroupIsNamed) {
  copy("v1", "pond.left", "pond.left");
  const CheckedFiles checked = check_files({.files = files_});
  EXPECT_THAT(checked.faults, IsEmpty()) << "though pond.base is missing";
  EXPECT_THAT(checked.facts, SizeIs(1));
  EXPECT_THAT(checked.links, IsEmpty());
}

TEST_F(CheckingFiles, FindsAGroupOfTooManyModulesAndAsksNothingElse) {
  for (std::size_t i = 0; i <= kMostMembers; ++i) has("pond.m" + std::to_string(i));
  const CheckedFiles checked = check();
  ASSERT_THAT(checked.faults, SizeIs(1));
  EXPECT_EQ(checked.faults[0].module, "");
  EXPECT_THAT(checked.faults[0].text(),
              StartsWith("group pond: has 1001 modules, and a group may have 1000; "));
}

TEST_F(CheckingFiles, FindsAFileThatDoesNotExist) {
  has("lone");
  sh("ln -s nowhere apps/pond.so");
  has("pond");
  EXPECT_THAT(faults(),
              ElementsAre(path("lone.so") + ": does not exist; build it, or correct the path",
                          path("pond.so") + ": a symbolic link to a file that does not exist; "
                                            "correct the link, or remove it"));
}

TEST_F(CheckingFiles, FindsAFileThatCannotBeRead) {
  copy("v1", "lone", "lone");
  sh("chmod 000 apps/lone.so");
  const AsNobody nobody;
  EXPECT_THAT(faults(), ElementsAre(path("lone.so") +
                                    ": cannot be read (Permission denied); check that the user "
                                    "running shoal may read it"));
}

TEST_F(CheckingFiles, FindsWhatIsNotARegularFile) {
  sh("mkfifo apps/lone.so; mkdir apps/pond.so");
  has("lone");
  has("pond");
  EXPECT_THAT(faults(), testing::Each(HasSubstr(": not a regular file; put a shared object in its "
                                                "place, or remove it")));
  EXPECT_THAT(faults(), SizeIs(2));
}

TEST_F(CheckingFiles, FindsAFileThatIsTooLarge) {
  sh("truncate -s 1073741825 apps/lone.so");
  has("lone");
  EXPECT_THAT(faults(), ElementsAre(StartsWith(path("lone.so") +
                                               ": has 1073741825 bytes, and a module may have "
                                               "1 GiB; link it without debug information")));
}

TEST_F(CheckingFiles, FindsWhatIsNotAWholeSharedObject) {
  copy("v1", "lone", "lone");
  copy("v1", "tiny", "pond.tiny");
  write("apps/pond/text.so", "text");
  has("pond.text");
  sh("truncate -s -64 apps/lone.so; : > apps/pond/tiny.so");
  EXPECT_THAT(faults(), ElementsAre(StartsWith(path("lone.so") + ": incomplete: "),
                                    StartsWith(path("pond/text.so") + ": not a shared object"),
                                    StartsWith(path("pond/tiny.so") + ": incomplete: ")));
  EXPECT_THAT(check().facts, IsEmpty());
}

TEST_F(CheckingFiles, FindsWhatThisContainerCannotLoad) {
  copy("v1", "lone", "lone");
  sh("sed -i 's/headers=[^;]*;/headers=0123456789abcdef;/' apps/lone.so");
  link("tls.so", "thread_local int x; int& f() { return x; }", "-ftls-model=initial-exec");
  sh("mkdir apps/pond; mv apps/tls.so apps/pond");
  has("pond.tls");
  link("note.so", "extern \"C\" void* shoal_make_module() { return nullptr; }");
  sh("mv apps/note.so apps/pond");
  has("pond.note");
  EXPECT_THAT(faults(), ElementsAre(AllOf(StartsWith(path("lone.so") + ": ABI mismatch: "),
                                          HasSubstr("is 0123456789abcdef, this container has ")),
                                    HasSubstr("note.so: a handler without an ABI note; "),
                                    HasSubstr("initial-exec")));
  EXPECT_THAT(check().facts, SizeIs(3)) << "they are known all the same";
}

TEST_F(CheckingFiles, FindsAHandlerThatIsLost) {
  copy("v1", "shelf", "lone");
  EXPECT_THAT(faults(), IsEmpty());
  handlers_ = {"lone", "gone"};
  EXPECT_THAT(faults(),
              ElementsAre(path("lone.so") +
                          ": has no SHOAL_MODULE, yet the generation that serves has a handler of "
                          "this name; add SHOAL_MODULE(Class), or remove the file before it "
                          "becomes a library"));
}

TEST_F(CheckingFiles, FindsAMemberThatIsMissing) {
  copy("v1", "pond.left", "pond.left");
  copy("v1", "pond.right", "pond.right");
  const std::string why = ": needs pond.base.so, which is not in the apps folder; drop it too";
  EXPECT_THAT(faults(), ElementsAre(path("pond/left.so") + why, path("pond/right.so") + why));
}

TEST_F(CheckingFiles, FindsWhatNeedsAnotherGroup) {
  copy("v1", "pond.base", "pond.base");
  copy("v1", "pond.left", "pond.left");
  EXPECT_THAT(faults(Grouping::listed({{"pond", {"pond.left"}}, {"wall", {"pond.base"}}})),
              ElementsAre(path("pond/left.so") + ": needs " + path("pond/base.so") +
                          ", a module of group wall, so the two are not replaced together; put "
                          "both into one group: groups: { pond: [pond.left, pond.base] }"));
  EXPECT_THAT(faults(Grouping::listed({{"pond", {"pond.left"}}})),
              ElementsAre(HasSubstr(path("pond/base.so") + ", a pinned module, so the two")));
}

TEST_F(CheckingFiles, FindsWhatNeedsAFileOfTheAppsFolderThatIsNotAModule) {
  link("libfins.so.3", "int fins() { return 3; }", "-Wl,-soname,libfins.so.3");
  link("lone.so", "int fins(); int fish() { return fins(); }",
       "-L. -l:libfins.so.3 -Wl,-rpath,'$ORIGIN'");
  has("lone");
  EXPECT_THAT(faults(), ElementsAre(HasSubstr(": needs " + path("libfins.so.3") +
                                              ", which lies in the apps folder but is not a "
                                              "module, so it cannot be replaced")));
}

TEST_F(CheckingFiles, FindsWhatMayMeanTwoMembers) {
  sh("mkdir apps/pond");
  link("one.so", "int one() { return 1; }", "-Wl,-soname,base.so");
  link("lone.so", "int one(); int fish() { return one(); }", "-L. -l:one.so");
  sh("cp apps/one.so apps/pond/left.so; mv apps/one.so apps/pond/right.so");
  for (const char* module : {"lone", "pond.left", "pond.right"}) has(module);
  EXPECT_THAT(faults(), ElementsAre(StartsWith(path("lone.so") + ": needs base.so, which may be " +
                                               path("pond/left.so") + " or ")));
}

TEST_F(CheckingFiles, FindsAFileThatCannotGetANameOfItsOwn) {
  sh("mkdir apps/pond");
  link("pond/base.so", "int base() { return 1; }", "-nostdlib -Wl,-soname,b");
  link("lone.so", "int base(); int fish() { return base(); }", "-L. -l:pond/base.so");
  has("lone");
  has("pond.base");
  const CheckedFiles checked = check();
  EXPECT_THAT(checked.faults, Contains(testing::Field(&Fault::module, "pond.base")));
  EXPECT_THAT(checked.faults.back().text(), EndsWith("-Wl,-soname,NAME.so"));
  EXPECT_THAT(checked.patches, IsEmpty());
}

TEST_F(CheckingFiles, TellsWhichLibrariesFromOutsideMustBeThere) {
  link("libgills.so.3", "int gills() { return 3; }", "-Wl,-soname,libgills.so.3");
  link("lone.so", "int gills(); int fish() { return gills(); }", "-L. -l:libgills.so.3");
  sh("rm apps/libgills.so.3");
  has("lone");
  const CheckedFiles checked = check();
  EXPECT_THAT(checked.faults, IsEmpty()) << "the dynamic linker is not asked";
  EXPECT_THAT(checked.links.at("lone").outside, Contains(Outside{"libgills.so.3", {}}));
}

TEST_F(CheckingFiles, FindsAllFaultsOfAllMembersAtOnce) {
  copy("v1", "pond.left", "pond.left");
  copy("v1", "shelf", "lone");
  write("apps/pond/base.so", "torn");
  has("pond.base");
  handlers_ = {"lone"};
  std::vector<std::string> modules;
  const CheckedFiles checked = check();
  for (const auto& fault : checked.faults) modules.push_back(fault.module);
  EXPECT_THAT(modules, ElementsAre("pond.base", "lone"))
      << "pond.left needs a member that is there, though it is torn";
  EXPECT_THAT(checked.links.at("pond.left").members, ElementsAre("pond.base"));
}

}  // namespace
}  // namespace shoal::releases
