// A link in the apps folder that leads to far more folders than intended. The other modules are
// dropped and served as usual, and the log says once what is wrong and what to do.
#include <gmock/gmock.h>

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

  /// Drops while the container reads the large tree, and afterwards.
  void expect_drops_to_go_live() {
    Visitors visitors(port(), 2, {"/lone"}, check_lone);
    for (const char* version : {"2", "1", "2"}) {
      drop(version, {"lone"});
      EXPECT_EQ(get("/lone").body, std::string("lone ") + version + "\n");
    }
    visitors.wait_for_responses(10);
    expect_no_failure(visitors);
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

TEST_F(LargeTrees, OfTwentyThousandFoldersAreReadInPart) {
  for (int i = 0; i < 20'000; ++i) {
    const fs::path folder = here() / "tree" / std::to_string(i / 100) / std::to_string(i);
    fs::create_directories(folder);
  }
  shell("cp $BUILT/1/lone.so $HERE/tree/0/near.so; ln -s $HERE/tree $APPS/tree");
  expect_drops_to_go_live();
  const std::string warning = (here() / "apps/tree").native() + ": leads to too many folders: ";
  EXPECT_EQ(said(warning), 1u);
  EXPECT_THAT(log(), HasSubstr("the first 10000 are read, and the others passed over; link to"));
  const auto checked = shoal("check -c shoal.yaml");
  EXPECT_THAT(checked.output, HasSubstr("warning: " + warning));
  EXPECT_THAT(checked.output, HasSubstr("group   tree: tree.0.near")) << "what was found serves";
  const auto dropped = shoal("drop " + (here() / "tree").native() + " --apps apps");
  EXPECT_EQ(dropped.exit_code, 1);
  EXPECT_THAT(dropped.output, HasSubstr("/tree: leads to too many folders: "));
}

}  // namespace
}  // namespace shoal::system
