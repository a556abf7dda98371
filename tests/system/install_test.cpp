#include <gmock/gmock.h>
#include <signal.h>
#include <stdlib.h>

#include <sstream>

#include "built.hpp"
#include "eventually.hpp"
#include "nginx.hpp"
#include "process.hpp"
#include "temporary_folder.hpp"
#include "visitors.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::FieldsAre;
using ::testing::HasSubstr;

/// Shoal as authors have it without this repository: installed into a prefix. Lines of shell know
/// $HERE (the test's folder), $PREFIX, and $PROJECT: a copy of the project that apps/README.md
/// quotes.
class Installation : public ::testing::Test {
 protected:
  void SetUp() override {
    shell(std::string("cmake --install ") + built::kFolder + " --prefix $PREFIX");
    shell(std::string("cp -r ") + built::kRepository + "/tests/system/readme $PROJECT");
    // Modules that are built by hand need the container's sanitizer, too.
    write_file(here_ / "bin" / "g++", std::string("#!/bin/sh\nexec ") + built::kCompiler + " " +
                                          built::kSanitizerFlags + " \"$@\"\n");
    fs::permissions(here_ / "bin" / "g++", fs::perms::owner_all);
  }

  Environment environment() const {
    return {"HERE=" + here_.native(), "PREFIX=" + (here_ / "prefix").native(),
            "PROJECT=" + (here_ / "project").native(),
            "CMAKE_PREFIX_PATH=" + (here_ / "prefix").native(),
            std::string("CXX=") + built::kCompiler,
            // Only the CMake package gives modules the container's sanitizer.
            "CXXFLAGS=", "LDFLAGS=", "PATH=" + (here_ / "bin").native() + path_of_users()};
  }

  /// Returns each folder of PATH after a colon, without those that Debian has only in root's PATH.
  static std::string path_of_users() {
    std::istringstream folders(::getenv("PATH"));
    std::string path;
    for (std::string folder; std::getline(folders, folder, ':');) {
      if (fs::path(folder).filename() != "sbin") path += ":" + folder;
    }
    return path;
  }

  void shell(const std::string& line) const {
    const auto [exit_code, output] = run("set -e; " + line, environment());
    ASSERT_EQ(exit_code, 0) << line << "\n" << output;
  }

  std::string output() const { return contents(here_ / "output"); }

  /// Waits until the program has printed this text. Returns false when it ended without.
  bool wait_for_output(Process& program, const std::string& text) const {
    return eventually(
               [&] { return !program.runs() || output().find(text) != std::string::npos; }) &&
           output().find(text) != std::string::npos;
  }

  const TemporaryFolder folder_;
  const fs::path here_ = folder_.path();
};

TEST_F(Installation, IsFoundByTheBuildOfAnAuthorAndServesItsModules) {
  const std::string own = std::to_string(free_port());
  const std::uint16_t port = free_port();
  shell("cd $PROJECT; sed -i s/9100/" + own + "/ shoal.yaml nginx.conf;" + "sed -i s/8080/" +
        std::to_string(port) + "/ nginx.conf");
  {
    Process site({"/bin/sh", (here_ / "project" / "start.sh").native()}, here_ / "output",
                 environment());
    ASSERT_TRUE(wait_for_output(site, "ready: ")) << output();
    ASSERT_TRUE(eventually([&] { return !site.runs() || is_listening(port); }));
    Visitor visitor(port);
    EXPECT_EQ(visitor.get("/hello?name=Ada").body, "Ahoy, Ada!\n");
    EXPECT_THAT(visitor.get("/").body, HasSubstr("<p>It is "));
    EXPECT_EQ(visitor.get("/").generation(), "site/1");
    EXPECT_EQ(visitor.send({.method = "HEAD", .path = "/guestbook"}).status, 200);
    EXPECT_THAT(visitor.get("/ticker?count=2").body, HasSubstr("tick 2\n"));

    shell(
        "cd $PROJECT; sed -i 's/The site of the shoal/A new footer/' layout/page.cpp;"
        "cmake --build build");
    EXPECT_THAT(visitor.get("/").body, HasSubstr("A new footer"));
    EXPECT_THAT(visitor.get("/guestbook").body, HasSubstr("A new footer"));
    EXPECT_EQ(visitor.get("/hello").generation(), "hello/1");

    // While the build runs, modules compiled with the old header would call the wrong functions of
    // the new base. So the build must drop all modules at once, as one generation.
    Visitors visitors(port, 2, {"/", "/guestbook"}, [](const std::string&, const Response& answer) {
      const std::string by = answer.generation();
      return answer.status == 200 && (by == "site/2" || by == "site/3")
                 ? std::string()
                 : std::to_string(answer.status) + " from " + by;
    });
    shell(
        "cd $PROJECT; sed -i '0,/public:/s//public:\\n  virtual int depth() const { return 7; "
        "}\\n/' "
        "layout/page.hpp; cmake --build build");
    EXPECT_EQ(visitor.get("/").generation(), "site/3") << output();
    expect_no_failure(visitors);
    site.send(SIGTERM);
    site.wait();
  }
  const fs::path run = here_ / "project" / "run";
  EXPECT_TRUE(eventually([&] { return !fs::exists(run / "shoal.pid"); })) << output();
  EXPECT_TRUE(eventually([&] { return !fs::exists(run / "nginx.pid"); })) << output();
  EXPECT_THAT(output(), HasSubstr("stopped"));
}

TEST_F(Installation, ServesModulesThatAreBuiltByHand) {
  const std::string own = std::to_string(free_port());
  shell(
      "cd $PROJECT; sh by_hand.sh $PREFIX;"
      "sed -i -e s/9100/" +
      own + "/ -e 's|^apps: .*|apps: apps|' shoal.yaml");
  Process container({(here_ / "prefix" / "bin" / "shoal").native(), "serve", "-c",
                     (here_ / "project" / "shoal.yaml").native()},
                    here_ / "output", environment());
  ASSERT_TRUE(wait_for_output(container, "ready: ")) << output();
  Nginx nginx(here_, "127.0.0.1:" + own);
  Visitor visitor(nginx.port());
  EXPECT_EQ(visitor.get("/hello?name=Ada").body, "Ahoy, Ada!\n") << output();
  EXPECT_EQ(visitor.get("/hello").generation(), "hello/1");
  nginx.stop();
  container.send(SIGTERM);
  EXPECT_EQ(container.wait(), 0) << output();
}

TEST_F(Installation, HasAScriptThatStopsWhenAPartIsMissing) {
  const std::string own = std::to_string(free_port());
  shell("cd $PROJECT; sed -i '/site/d; /ticker/d' CMakeLists.txt shoal.yaml; sed -i s/9100/" + own +
        "/ shoal.yaml nginx.conf; mv $PREFIX/bin/shoal $HERE");
  EXPECT_THAT(run("sh $PROJECT/start.sh", environment()),
              FieldsAre(1, HasSubstr("start.sh: " + here_.native() +
                                     "/prefix/bin/shoal is missing: install Shoal again")));

  // Another container has taken the port of the web server.
  const std::string taken = std::to_string(free_port());
  shell("mv $HERE/shoal $PREFIX/bin; cd $PROJECT; sed -i s/8080/" + taken + "/ nginx.conf; sed s/" +
        own + "/" + taken + "/ shoal.yaml > other.yaml;" +
        "sed -i 's/^run: .*/run: run.other/' other.yaml; mkdir run.other");
  Process other({(here_ / "prefix/bin/shoal").native(), "serve", "-c",
                 (here_ / "project/other.yaml").native()},
                here_ / "output", environment());
  ASSERT_TRUE(wait_for_output(other, "ready: ")) << output();
  EXPECT_THAT(run("sh $PROJECT/start.sh", environment()),
              FieldsAre(1, AllOf(HasSubstr("127.0.0.1:" + taken + " failed"), HasSubstr("stopped"),
                                 HasSubstr("start.sh: the container or nginx has ended"))));
  EXPECT_FALSE(fs::exists(here_ / "project/run/shoal.pid"));
  other.send(SIGTERM);
  EXPECT_EQ(other.wait(), 0) << output();
}

TEST_F(Installation, NamesItsOwnConfigurationInHelpAndServices) {
  for (const std::string command : {"", "serve", "status"}) {
    EXPECT_THAT(run("$PREFIX/bin/shoal " + command + " --help", environment()).output,
                HasSubstr(here_.native() + "/prefix/etc/shoal/shoal.yaml"));
  }
  shell(
      "test -s $PREFIX/etc/shoal/shoal.yaml; cd $PREFIX/lib/systemd/system;"
      "grep \"^ExecStart=$PREFIX/bin/shoal serve$\" shoal.service;"
      "grep \"^ExecReload=$PREFIX/bin/shoal reload --wait 1m$\" shoal.service;"
      "grep \"^StateDirectoryMode=0710$\" shoal.service shoal@.service;"
      "grep \"^ExecStart=$PREFIX/bin/shoal serve -c $PREFIX/etc/shoal/%i.yaml$\" shoal@.service;"
      "grep \"^ExecReload=$PREFIX/bin/shoal reload -c $PREFIX/etc/shoal/%i.yaml --wait 1m$\" "
      "shoal@.service");
}

TEST_F(Installation, HasTheProgramThatFindsLinesOfSource) {
  shell("test \"$(echo '-1 0x0 /nowhere' | $PREFIX/libexec/shoal/shoal-symbolize | wc -l)\" = 1");
}

TEST_F(Installation, HasHeadersThatEachCompileAlone) {
  shell(
      "test -n \"$(ls $PREFIX/include/shoal/*.hpp)\"; test ! -e $PREFIX/include/shoal/host;"
      "for header in $PREFIX/include/shoal/*.hpp; do"
      " echo \"#include <shoal/${header##*/}>\" > $HERE/alone.cpp;"
      " g++ -std=c++20 -Wall -Wextra -Wpedantic -Wshadow -Werror -I$PREFIX/include"
      " -fsyntax-only $HERE/alone.cpp; done");
}

}  // namespace
}  // namespace shoal::system
