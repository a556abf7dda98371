#include <gmock/gmock.h>

#include <fstream>

#include "built.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

using ::testing::HasSubstr;

/// An author that compiles lone.cpp, and links it directly into the apps folder.
class Linkers : public Site {
 protected:
  void SetUp() override {
    const std::string compile = std::string(built::kCompiler) + " " + built::kSanitizerFlags +
                                " -std=c++20 -fPIC -fvisibility=hidden -g -I" + built::kRepository +
                                "/container/sdk/include -c " + built::kRepository +
                                "/tests/modules/lone.cpp";
    for (const char* version : {"1", "2"}) {
      shell(compile + " -DVERSION=" + version + " -o $HERE/" + version + ".o");
    }
    link("bfd", "1");
    start();
  }

  void link(const std::string& linker, const std::string& version) {
    shell(std::string(built::kCompiler) + " " + built::kSanitizerFlags +
          " -shared -fuse-ld=" + linker + " -Wl,-z,now $HERE/" + version +
          ".o -o $APPS/lone.so -L" + built::kFolder + "/lib -lshoal");
  }
};

TEST_F(Linkers, MayWriteIntoTheAppsFolderWhileRequestsRun) {
  Visitors visitors(port(), 6, {"/lone"}, check_lone);
  for (const std::string linker : {"bfd", "gold", "lld", "mold"}) {
    if (run("command -v ld." + linker + " || command -v " + linker).exit_code != 0) continue;
    for (const std::string version : {"2", "1", "2", "1"}) {
      link(linker, version);
      EXPECT_EQ(get("/lone").body, "lone " + version + "\n") << linker;
    }
  }
  expect_no_failure(visitors);
  EXPECT_EQ(said("drop refused"), 0u);
}

TEST_F(Linkers, MayBeFollowedByStrip) {
  Visitors visitors(port(), 4, {"/lone"}, check_lone);
  shell("strip $APPS/lone.so");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  expect_no_failure(visitors);
  EXPECT_EQ(said("drop refused"), 0u);
}

/// Modules compiled without -fvisibility=hidden: they export all their functions.
class DefaultVisibility : public Site {
 protected:
  DefaultVisibility() : Site({.routes = "{ /left: pond.left, /right: pond.right }"}) {}

  void compile(const std::string& module, const std::string& code, const std::string& with = "") {
    std::ofstream(here() / (module + ".cpp")) << code;
    shell("mkdir -p $APPS/pond; cd $APPS/pond; " + std::string(built::kCompiler) + " " +
          built::kSanitizerFlags + " -std=c++20 -shared -fPIC -g -I" + built::kRepository +
          "/container/sdk/include $HERE/" + module + ".cpp -o " + module + ".so -Wl,-soname," +
          module + ".so -L" + built::kFolder + "/lib " + with + " -lshoal");
  }

  static std::string handler(const std::string& more) {
    return "#include \"shoal/module.hpp\"\n" + more +
           "\nstruct H : shoal::Module {\n"
           "  void handle(shoal::Request&, shoal::Response& to) override { to.text(say()); }\n"
           "};\nSHOAL_MODULE(H)\n";
  }
};

TEST_F(DefaultVisibility, HasAHandlerCallItsOwnFunctionsBeforeThoseOfItsBases) {
  compile("first",
          "const char* first() { return \"first\"; }\n"
          "const char* helper() { return \"first's helper\"; }\n");
  compile("second",
          "const char* second() { return \"second\"; }\n"
          "const char* title() { return \"second's title\"; }\n");
  compile("left",
          handler("#include <string>\nconst char* first();\n"
                  "const char* helper() { return \"left's helper\"; }\n"
                  "const char* title() { return \"left's title\"; }\n"
                  "std::string say() {\n"
                  "  return first() + std::string(\", \") + helper() + \", \" + title();\n"
                  "}"),
          "first.so");
  compile("right",
          handler("#include <string>\nconst char* first();\nconst char* second();\n"
                  "std::string say() { return std::string(first()) + second(); }"),
          "first.so second.so");
  start();
  EXPECT_EQ(get("/left").body, "first, left's helper, left's title");
  EXPECT_EQ(get("/right").body, "firstsecond");
}

TEST_F(DefaultVisibility, HasALibraryOfAnotherGroupNamedWhenItIsNeededByItsFileName) {
  compile("first", "const char* first() { return \"first\"; }");
  compile("alone", handler("const char* first();\nconst char* say() { return first(); }"),
          "first.so");
  shell("mv $APPS/pond/alone.so $APPS/");
  start();
  const std::string cause = (here() / "apps/pond/first.so").native() +
                            " has this name; put both into one group: groups: ";
  EXPECT_THAT(log(), HasSubstr("alone.so: needs first.so, which cannot be loaded"));
  EXPECT_THAT(log(), HasSubstr(cause));
  for (const char* const command : {"check", "probe apps/alone.so"}) {
    const auto [exit_code, output] = shoal(std::string(command) + " -c shoal.yaml");
    EXPECT_EQ(exit_code, 1);
    EXPECT_THAT(output, HasSubstr(cause)) << command;
  }
}

}  // namespace
}  // namespace shoal::system
