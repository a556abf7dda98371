// A module that hangs where the probe could not see it, and with it the one thread that loads.
#include <gmock/gmock.h>

#include "eventually.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

using ::testing::HasSubstr;

class AModuleThatHangs : public Site {
 protected:
  AModuleThatHangs()
      : Site({.workers = "{ threads: 8, grace: 5s }", .sweep = "{ settle: 100ms, wait: 1s }"}) {}

  void SetUp() override {
    drop("1");
    start();
    EXPECT_EQ(get("/lone").body, "lone 1\n");
  }

  /// The others are reloaded again, sooner or later.
  bool site_becomes(const std::string& version) {
    drop(version, {"site.layout.page", "site.screen.about", "site.screen.index",
                   "site.screen.patient", "site.widget.menu"});
    return eventually([&] { return version_of(get("/")) == version; });
  }
};

TEST_F(AModuleThatHangs, InItsDestructorHoldsUpTheOthersForAWhileOnly) {
  drop("hangs_at_its_end", {"lone"});
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 2\n"; }));
  drop("1", {"lone"});
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 1\n"; }));
  EXPECT_TRUE(site_becomes("2"));
  EXPECT_THAT(log(), HasSubstr("lone/2: the destructor of lone has not returned for 20 s"));
  EXPECT_THAT(log(), HasSubstr("is replaced: lone/2: the destructor of lone"));
}

TEST_F(AModuleThatHangs, InItsConstructorIsPutIntoQuarantine) {
  drop("hangs_when_made", {"lone"});
  const auto is_withdrawn = [&] {
    return get("/lone").generation().find("quarantined") != std::string::npos;
  };
  // It hangs once in the process that serves, and three times at the start of one.
  EXPECT_TRUE(eventually(is_withdrawn) || eventually(is_withdrawn));
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_THAT(log(), HasSubstr("lone/2: the constructor of lone has not returned for 20 s"));
  EXPECT_TRUE(site_becomes("2"));
}

}  // namespace
}  // namespace shoal::system
