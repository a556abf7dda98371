#include <fstream>

#include "built.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

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

}  // namespace
}  // namespace shoal::system
