// A module that hangs in a worker but not in the probe. It holds up the loader thread of the
// worker.
#include <gmock/gmock.h>

#include "eventually.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

using ::testing::HasSubstr;

class HangingModule : public Site {
 protected:
  HangingModule()
      : Site({.workers = "{ threads: 8, grace: 1s }", .sweep = "{ settle: 100ms, wait: 1s }"}) {}

  void SetUp() override {
    drop("1");
    start();
    EXPECT_EQ(get("/lone").body, "lone 1\n");
  }

  /// Drops this version of another group, and waits until it serves.
  bool reloads_site(const std::string& version) {
    drop(version, {"site.layout.page", "site.screen.about", "site.screen.index",
                   "site.screen.patient", "site.widget.menu"});
    return eventually([&] { return version_of(get("/")) == version; });
  }
};

TEST_F(HangingModule, InItsDestructorDelaysOtherGroupsForAWhileOnly) {
  drop("hangs_at_its_end", {"lone"});
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 2\n"; }));
  drop("1", {"lone"});
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 1\n"; }));
  EXPECT_TRUE(reloads_site("2"));
  EXPECT_THAT(log(), HasSubstr("lone/2: the destructor of lone has not returned for 8 s"));
  EXPECT_THAT(log(), HasSubstr("is replaced: lone/2: the destructor of lone"));
}

TEST_F(HangingModule, InItsConstructorIsRefused) {
  drop("hangs_when_made", {"lone"});
  ASSERT_TRUE(eventually([&] { return said("lone: drop refused: ") == 1; }));
  EXPECT_THAT(log(),
              HasSubstr("lone: drop refused: lone/2: a constructor or static initialiser has "
                        "not returned for 20 s in a worker; fix it and drop it again; still "
                        "serving lone/1\n"));
  EXPECT_TRUE(reloads_site("2"));
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_TRUE(eventually([&] {
    return said("lone/2: the constructor of lone has not returned for 20 s") == 1;
  })) << "the log has the stack, too";
  EXPECT_EQ(said("drop refused"), 1u);
}

}  // namespace
}  // namespace shoal::system
