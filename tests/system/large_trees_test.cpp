// A link in the apps folder that leads to far more than was meant: what lies beside it is dropped
// and served as ever, and the log says once what is wrong and what to do.
#include <gmock/gmock.h>

#include "built.hpp"
#include "eventually.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class LargeTrees : public Site {
 protected:
  void SetUp() override {
    drop("1", {"lone"});
    start();
  }

  /// While the other tree is being looked at and after.
  void expect_drops_to_go_live() {
    Clients clients(port(), 2, {"/lone"}, not_lone);
    for (const char* version : {"2", "1", "2"}) {
      drop(version, {"lone"});
      EXPECT_EQ(get("/lone").body, std::string("lone ") + version + "\n");
    }
    clients.ask_for(10);
    const auto [requests, failed, problems] = clients.stop();
    EXPECT_EQ(failed, 0u) << "of " << requests << ": " << ::testing::PrintToString(problems);
  }
};

TEST_F(LargeTrees, OfTheWholeMachineDoNotDelayOtherGroups) {
  shell("ln -s / $APPS/machine; ln -s /proc $APPS/processes");
  expect_drops_to_go_live();
  const std::string apps = (here() / "apps").native();
  for (const char* place : {"/machine/proc", "/processes"}) {
    EXPECT_EQ(said(apps + place + ": passed over: a pseudo file system (proc)"), 1u) << place;
  }
}

TEST_F(LargeTrees, OfTwentyThousandFoldersAreLookedAtInPart) {
  for (int i = 0; i < 20'000; ++i) {
    const fs::path folder = here() / "tree" / std::to_string(i / 100) / std::to_string(i);
    fs::create_directories(folder);
  }
  shell("cp $BUILT/1/lone.so $HERE/tree/0/near.so; ln -s $HERE/tree $APPS/tree");
  expect_drops_to_go_live();
  const std::string told = (here() / "apps/tree").native() + ": leads to too many folders: ";
  EXPECT_EQ(said(told), 1u);
  EXPECT_THAT(log(),
              HasSubstr("the first 10000 are looked at, and the others passed over; link to"));
  const auto checked =
      run(std::string(built::kContainer) + " check -c " + (here() / "shoal.yaml").native());
  EXPECT_THAT(checked.output, HasSubstr("warning: " + told));
  EXPECT_THAT(checked.output, HasSubstr("group   tree: tree.0.near")) << "what was found serves";
  const auto dropped = run(std::string(built::kContainer) + " drop " + (here() / "tree").native() +
                           " --apps " + (here() / "apps").native());
  EXPECT_EQ(dropped.exit_code, 1);
  EXPECT_THAT(dropped.output, HasSubstr("/tree: leads to too many folders: "));
}

}  // namespace
}  // namespace shoal::system
