#include <gmock/gmock.h>

#include "built.hpp"
#include "process.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

/// Returns the first lines of an author's CMakeLists.txt. `shoal` is the kind of library that
/// Shoal::shoal is.
std::string preamble(const std::string& shoal) {
  return "cmake_minimum_required(VERSION 3.25)\nproject(Author LANGUAGES CXX)\n"
         "add_library(Shoal::shoal " +
         shoal + " IMPORTED GLOBAL)\ninclude(" + built::kRepository +
         "/container/sdk/cmake/ShoalModules.cmake)\n";
}

/// What a build puts into apps folders and removes from them. No container runs, and the modules
/// are empty shared objects. The parameter is CMake's generator.
class Publishing : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    write_file(here_ / "CMakeLists.txt",
               preamble("INTERFACE") +
                   "foreach(module IN LISTS MODULES)\n"
                   "  shoal_add_module(${module} SOURCES empty.cpp)\nendforeach()\n"
                   "if(EXISTS ${CMAKE_SOURCE_DIR}/part)\n  add_subdirectory(part)\nendif()\n");
    write_file(here_ / "empty.cpp", "");
  }

  /// Configures the build folder `tree` with these modules and builds it. Returns the output.
  std::string build(const std::string& tree, const std::string& modules,
                    const std::string& options = "") const {
    const auto [exit_code, output] =
        run("cd " + here_.native() + " && cmake -G '" + GetParam() + "' -S . -B " + tree +
            " '-DMODULES=" + modules + "' " + options + " && cmake --build " + tree);
    EXPECT_EQ(exit_code, 0) << output;
    return output;
  }

  /// Returns the files and folders below an apps folder, without hidden ones.
  std::vector<std::string> files_in(const std::string& apps) const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(here_ / apps)) {
      if (entry.path().filename().native().starts_with('.')) continue;
      names.push_back(entry.path().lexically_relative(here_ / apps).native());
    }
    return names;
  }

  const TemporaryFolder folder_;
  const fs::path here_ = folder_.path();
};

TEST_P(Publishing, RemovesTheModulesThatAreNoLongerBuilt) {
  write_file(here_ / "part" / "CMakeLists.txt",
             "shoal_add_module(part.deep.one SOURCES ../empty.cpp)\n");
  build("build", "stays;old;site.old");
  EXPECT_THAT(files_in("build/apps"),
              UnorderedElementsAre("stays.so", "old.so", "site", "site/old.so", "part", "part/deep",
                                   "part/deep/one.so"));
  const auto before = fs::last_write_time(here_ / "build/apps/stays.so");

  fs::remove_all(here_ / "part");
  EXPECT_THAT(build("build", "stays;new;site.new"),
              HasSubstr("build/apps/old.so: removed, because it is no longer built"));
  EXPECT_THAT(files_in("build/apps"),
              UnorderedElementsAre("stays.so", "new.so", "site", "site/new.so"));
  EXPECT_EQ(fs::last_write_time(here_ / "build/apps/stays.so"), before);

  build("build", "");
  EXPECT_THAT(files_in("build/apps"), UnorderedElementsAre());
  build("build", "stays");
  EXPECT_THAT(files_in("build/apps"), UnorderedElementsAre("stays.so"));
}

TEST_P(Publishing, RemovesNothingWhenTheBuildFails) {
  build("build", "one;two");
  write_file(here_ / "empty.cpp", "#error broken\n");
  const auto [exit_code, output] =
      run("cd " + here_.native() + " && cmake -B build -DMODULES=one && cmake --build build");
  EXPECT_NE(exit_code, 0) << output;
  EXPECT_THAT(files_in("build/apps"), UnorderedElementsAre("one.so", "two.so"));
}

INSTANTIATE_TEST_SUITE_P(By, Publishing, ::testing::Values("Ninja", "Unix Makefiles"),
                         [](const auto& generator) {
                           return generator.param == std::string("Ninja") ? "Ninja" : "Make";
                         });

class PublishingIntoOneFolder : public Publishing {
 protected:
  const std::string apps_ = "-DSHOAL_APPS_DIR=$PWD/apps";
};

INSTANTIATE_TEST_SUITE_P(By, PublishingIntoOneFolder, ::testing::Values("Ninja"));

TEST_P(PublishingIntoOneFolder, LeavesFilesThatTheBuildDidNotPutThere) {
  build("build", "one;two;three", apps_);
  write_file(here_ / "apps" / "other.so", "not from here");
  write_file(here_ / "apps" / "two.so", "no longer from here");
  fs::rename(here_ / "apps" / "three.so", here_ / "elsewhere.so");
  fs::create_symlink(here_ / "elsewhere.so", here_ / "apps" / "three.so");
  const std::string output = build("build", "one", apps_);
  EXPECT_THAT(output, AllOf(HasSubstr("apps/two.so: no longer built, and another file"),
                            HasSubstr("apps/three.so: no longer built, and another file"),
                            Not(HasSubstr("removed"))));
  EXPECT_THAT(files_in("apps"), UnorderedElementsAre("one.so", "two.so", "three.so", "other.so"));
  EXPECT_THAT(build("build", "one", apps_), Not(HasSubstr("no longer built"))) << "printed once";
}

TEST_P(PublishingIntoOneFolder, LeavesModulesThatAnotherBuildFolderStillBuilds) {
  build("first", "common;first", apps_);
  build("second", "common;second", apps_);
  build("first", "first", apps_);
  EXPECT_THAT(files_in("apps"), UnorderedElementsAre("common.so", "first.so", "second.so"));
  build("second", "second", apps_);
  EXPECT_THAT(files_in("apps"), UnorderedElementsAre("first.so", "second.so"));

  build("second", "second;first", apps_);
  fs::remove_all(here_ / "second");  // a build folder that does not exist builds nothing
  build("first", "other", apps_);
  EXPECT_THAT(files_in("apps"), UnorderedElementsAre("other.so", "second.so"));
}

TEST_P(PublishingIntoOneFolder, LeavesTheOldFolderWhenTheModulesMoveToAnother) {
  build("build", "one;two", "-DSHOAL_APPS_DIR=$PWD/releases/1");
  build("build", "one", "-DSHOAL_APPS_DIR=$PWD/releases/2/");
  EXPECT_THAT(files_in("releases/1"), UnorderedElementsAre("one.so", "two.so"));
  EXPECT_THAT(files_in("releases/2"), UnorderedElementsAre("one.so"));
  build("build", "one", "-DSHOAL_APPS_DIR=$PWD/releases/1");
  EXPECT_THAT(files_in("releases/1"), UnorderedElementsAre("one.so"));
}

TEST_P(PublishingIntoOneFolder, EmptiesTheFolderOfARemovedSubdirectory) {
  write_file(here_ / "part" / "CMakeLists.txt",
             "set(SHOAL_APPS_DIR ${CMAKE_SOURCE_DIR}/of_the_part)\n"
             "shoal_add_module(part SOURCES ../empty.cpp)\n");
  build("build", "one", apps_);
  EXPECT_THAT(files_in("of_the_part"), UnorderedElementsAre("part.so"));
  fs::remove_all(here_ / "part");
  build("build", "one", apps_);
  EXPECT_THAT(files_in("of_the_part"), UnorderedElementsAre());
  EXPECT_THAT(files_in("apps"), UnorderedElementsAre("one.so"));
}

/// A site into whose apps folder an author's build puts its modules.
class PublishedSite : public Site {
 protected:
  PublishedSite() : Site({.routes = "{ /: site.screen, /fish: fish }"}) {
    write_file(here() / "project" / "says.cpp",
               "#include <shoal/module.hpp>\n"
               "struct Says : shoal::Module {\n"
               "  void handle(shoal::Request&, shoal::Response& response) override {\n"
               "    response.text(SAYS);\n  }\n};\nSHOAL_MODULE(Says)\n");
    write_file(here() / "project" / "fish.cpp",
               "#include <shoal/module.hpp>\n"
               "__attribute__((visibility(\"default\"))) int fins();\n"
               "struct Fish : shoal::Module {\n"
               "  void handle(shoal::Request&, shoal::Response& response) override {\n"
               "    response.text(std::to_string(fins()));\n  }\n};\nSHOAL_MODULE(Fish)\n");
    write_file(here() / "project" / "fins.cpp", "int fins() { return 7; }\n");
  }

  /// Builds a project with these lines in its CMakeLists.txt, into the apps folder.
  void build(const std::string& lines) {
    const std::string folder = built::kFolder, repository = built::kRepository;
    write_file(here() / "project" / "CMakeLists.txt",
               preamble("SHARED") + "set_target_properties(Shoal::shoal PROPERTIES\n" +
                   "  IMPORTED_LOCATION " + folder + "/lib/libshoal.so\n" +
                   "  INTERFACE_INCLUDE_DIRECTORIES " + repository + "/container/sdk/include\n" +
                   "  INTERFACE_COMPILE_FEATURES cxx_std_20)\n" + lines);
    const std::string flags = built::kSanitizerFlags;
    const auto [exit_code, output] =
        run("cd '" + here().native() +
            "/project' && cmake -G Ninja -B build -DCMAKE_CXX_COMPILER=" + built::kCompiler +
            " '-DCMAKE_CXX_FLAGS=" + flags + "' '-DSHOAL_APPS_DIR=" + (here() / "apps").native() +
            "' && cmake --build build");
    ASSERT_EQ(exit_code, 0) << output;
  }

  static std::string says(const std::string& module, const std::string& text) {
    return "shoal_add_module(" + module + " SOURCES says.cpp)\ntarget_compile_definitions(" +
           module + " PRIVATE SAYS=\"" + text + "\")\n";
  }

  /// Returns the dynamic section of a module in the apps folder.
  std::string dynamic_section(const std::string& module) const {
    return run("readelf -d '" + file(module).native() + "'").output;
  }
};

TEST_F(PublishedSite, NoLongerServesAModuleThatIsNoLongerBuilt) {
  build(says("site.screen.index", "index") + says("site.screen.old", "old"));
  start();
  EXPECT_EQ(get("/").generation(), "site/1");
  EXPECT_EQ(get("/old").body, "old");

  Visitors visitors(port(), 2, {"/"}, [](const std::string&, const Response& answer) {
    return answer.body == "index" ? "" : std::to_string(answer.status) + " " + answer.failure;
  });
  build(says("site.screen.index", "index") + says("site.screen.new", "new"));
  EXPECT_EQ(get("/new").body, "new");
  EXPECT_EQ(get("/old").status, 404);
  EXPECT_EQ(get("/").generation(), "site/2") << "the build is one drop";
  expect_no_failure(visitors);
}

TEST_F(PublishedSite, FindsTheSharedLibrariesOfTheSameBuild) {
  // In a folder of its own, which is read before the libraries are defined.
  write_file(here() / "project" / "modules" / "CMakeLists.txt",
             "shoal_add_module(fish SOURCES ../fish.cpp LINK $<BUILD_INTERFACE:anatomy>)\n");
  build(
      says("site.screen.index", "index") +
      "add_subdirectory(modules)\n"
      "add_library(anatomy INTERFACE)\ntarget_link_libraries(anatomy INTERFACE fins)\n"
      "add_library(fins SHARED fins.cpp)\n"
      "set_target_properties(fins PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)\n");
  start();
  EXPECT_EQ(get("/fish").body, "7") << log();
  EXPECT_THAT(dynamic_section("fish"), HasSubstr("[" + here().native() + "/project/build/lib]"));
  EXPECT_THAT(dynamic_section("site.screen.index"),
              AllOf(HasSubstr("libshoal.so"), Not(HasSubstr("PATH)"))));
}

}  // namespace
}  // namespace shoal::system
