#include <gmock/gmock.h>

#include <fstream>

#include "built.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

using ::testing::HasSubstr;

/// An author at work: compiles lone.cpp, and has the linker write right into the apps folder.
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
  Clients clients(port(), 6, {"/lone"}, not_lone);
  for (const std::string linker : {"bfd", "gold", "lld", "mold"}) {
    if (run("command -v ld." + linker + " || command -v " + linker).exit_code != 0) continue;
    for (const std::string version : {"2", "1", "2", "1"}) {
      link(linker, version);
      EXPECT_EQ(get("/lone").body, "lone " + version + "\n") << linker;
    }
  }
  const auto [requests, failed, problems] = clients.stop();
  EXPECT_EQ(failed, 0u) << "of " << requests << ": " << ::testing::PrintToString(problems);
  EXPECT_EQ(said("drop refused"), 0u);
}

TEST_F(Linkers, MayBeFollowedByStrip) {
  Clients clients(port(), 4, {"/lone"}, not_lone);
  shell("strip $APPS/lone.so");
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  const auto [requests, failed, problems] = clients.stop();
  EXPECT_EQ(failed, 0u) << "of " << requests << ": " << ::testing::PrintToString(problems);
  EXPECT_EQ(said("drop refused"), 0u);
}

/// An author who hides nothing: every function of his files can be found by every other.
class OpenBooks : public Site {
 protected:
  OpenBooks() : Site({.routes = "{ /left: pond.left, /right: pond.right }"}) {}

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

TEST_F(OpenBooks, AHandlersOwnFunctionsComeBeforeThoseOfAnyBase) {
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

TEST_F(OpenBooks, ALibraryOfAnotherGroupThatIsNeededByItsPlainNameIsTracedToIt) {
  compile("first", "const char* first() { return \"first\"; }");
  compile("alone", handler("const char* first();\nconst char* say() { return first(); }"),
          "first.so");
  shell("mv $APPS/pond/alone.so $APPS/");
  start();
  const std::string cause = (here() / "apps/pond/first.so").native() +
                            " has this name; put both into one group: groups: ";
  EXPECT_THAT(log(), HasSubstr("alone.so: needs first.so, which cannot be loaded"));
  EXPECT_THAT(log(), HasSubstr(cause));
  for (const char* const words : {"check -c ", "probe $APPS/alone.so -c "}) {
    const auto [exit_code, output] =
        run("APPS=" + (here() / "apps").native() + "; " + built::kContainer + " " + words +
            (here() / "shoal.yaml").native());
    EXPECT_EQ(exit_code, 1);
    EXPECT_THAT(output, HasSubstr(cause)) << words;
  }
}

}  // namespace
}  // namespace shoal::system
