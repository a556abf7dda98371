#include "arrows.hpp"

#include <gmock/gmock.h>

#include "built.hpp"
#include "sample_repository.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Arrows, OfTheIncludesNeverPointUp) {
  EXPECT_THAT(arrows_that_point_up(built::kRepository), IsEmpty());
}

TEST(Arrows, AreCheckedInEveryComponent) {
  for (const auto& entry : fs::directory_iterator(fs::path(built::kRepository) / "container")) {
    if (!entry.is_directory()) continue;
    EXPECT_THAT((std::vector<std::string>{"access", "base", "commands", "control", "crash",
                                          "daemon", "deployer", "elf", "fastcgi", "generations",
                                          "releases", "sdk", "serving", "settings", "state",
                                          "status", "supervisor", "symbolize", "worker"}),
                ::testing::Contains(entry.path().filename().native()));
  }
}

class ArrowsOf : public SampleRepository {};

TEST_F(ArrowsOf, AComponentMayPointDown) {
  write("container/serving/line.cpp",
        "#include \"fastcgi/server.hpp\"\n#include \"shoal/module.hpp\"\n#include <vector>\n");
  write("container/fastcgi/answer.cpp", "#include <fcgiapp.h>\n");
  EXPECT_THAT(arrows_that_point_up(repository_), IsEmpty());
}

TEST_F(ArrowsOf, AComponentMayNotPointUpOrSideways) {
  write("container/generations/stage.hpp", "\n# include \"fastcgi/server.hpp\"\n");
  write("container/sdk/include/shoal/a.hpp", "#include \"shoal/host/exchange.hpp\"\n");
  write("container/settings/a.cpp", "#include \"daemon/log.hpp\"\n");
  EXPECT_THAT(
      arrows_that_point_up(repository_),
      ElementsAre(
          "container/generations/stage.hpp:2: generations may not include \"fastcgi/server.hpp\"",
          "container/sdk/include/shoal/a.hpp:1: sdk/include may not include "
          "\"shoal/host/exchange.hpp\"",
          "container/settings/a.cpp:1: settings may not include \"daemon/log.hpp\""));
}

TEST_F(ArrowsOf, LibfcgiMayBeReachedFromOneComponentOnly) {
  write("container/serving/line.cpp", "#include <fcgiapp.h>\n");
  EXPECT_THAT(arrows_that_point_up(repository_),
              ElementsAre("container/serving/line.cpp:1: serving may not include \"fcgiapp.h\""));
}

TEST_F(ArrowsOf, LmdbMayBeReachedFromOneComponentOnly) {
  write("container/state/transaction.cpp", "#include <lmdb.h>\n");
  write("container/daemon/serve.cpp", "#include <lmdb.h>\n");
  EXPECT_THAT(arrows_that_point_up(repository_),
              ElementsAre("container/daemon/serve.cpp:1: daemon may not include \"lmdb.h\""));
}

TEST_F(ArrowsOf, LibdwMayBeReachedFromOneComponentOnly) {
  write("container/symbolize/places.cpp", "#include <dwarf.h>\n#include <elfutils/libdw.h>\n");
  write("container/crash/sources.cpp", "#include <elfutils/libdwfl.h>\n");
  EXPECT_THAT(
      arrows_that_point_up(repository_),
      ElementsAre("container/crash/sources.cpp:1: crash may not include \"elfutils/libdwfl.h\""));
}

TEST_F(ArrowsOf, BoostDllMayBeReachedFromOneComponentOnly) {
  write("container/generations/library.hpp", "#include <boost/dll/shared_library.hpp>\n");
  write("container/releases/staging/stage.cpp", "#include <boost/dll/shared_library.hpp>\n");
  EXPECT_THAT(
      arrows_that_point_up(repository_),
      ElementsAre("container/releases/staging/stage.cpp:1: releases/staging may not include "
                  "\"boost/dll/shared_library.hpp\""));
}

TEST_F(ArrowsOf, PartsOfAComponentMayNotPointUp) {
  write("container/releases/staging/stage.hpp", "#include \"releases/apps/grouping.hpp\"\n");
  write("container/releases/apps/grouping.hpp", "#include \"releases/staging/stage.hpp\"\n");
  EXPECT_THAT(arrows_that_point_up(repository_),
              ElementsAre("container/releases/apps/grouping.hpp:1: releases/apps may not include "
                          "\"releases/staging/stage.hpp\""));
}

TEST_F(ArrowsOf, AuthorsMaySeeWhatTheyAreOfferedOnly) {
  write("apps/hello/hello.cpp",
        "#include <shoal/module.hpp>\n#include \"shoal/host/access.hpp\"\n"
        "#include \"generations/library.hpp\"\n");
  EXPECT_THAT(
      arrows_that_point_up(repository_),
      ElementsAre("apps/hello/hello.cpp:2: apps may not include \"shoal/host/access.hpp\"",
                  "apps/hello/hello.cpp:3: apps may not include \"generations/library.hpp\""));
}

}  // namespace
}  // namespace shoal::system
