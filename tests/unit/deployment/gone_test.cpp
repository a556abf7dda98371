// An old generation leaves nothing: no mapping, no file, no descriptor.

#include "generations/holders.hpp"
#include "long_run.hpp"
#include "serving.hpp"
#include "unit/holdings.hpp"

namespace shoal::test {
namespace {

namespace fs = std::filesystem;

class Gone : public Serving {
 protected:
  struct HoldingsAndStages : Holdings {
    std::size_t stages = 0;

    bool exceed(const HoldingsAndStages& other) const {
      return objects > other.objects || mappings > other.mappings ||
             descriptors > other.descriptors || stages > other.stages;
    }
  };

  HoldingsAndStages holdings() const { return {holdings_of(run()), stages()}; }
};

TEST_F(Gone, IsAnOldGenerationSoonAfterItsLastRequestEnds) {
  drop_pond("v1");
  serve();
  auto held = enter("pond.left");
  const fs::path old = held->find("pond.left")->generation->folder();
  drop("v2", "pond.base");
  EXPECT_EQ(get("pond.left"), "left 1 on base 2");
  EXPECT_TRUE(still_mapped(old));
  EXPECT_TRUE(fs::exists(old));
  held.reset();
  EXPECT_TRUE(eventually([&] { return !still_mapped(old) && !fs::exists(old); }));
}

TEST_F(Gone, IsAGroupWhoseFilesWereRemoved) {
  drop("v1", "lone");
  serve();
  const fs::path old = enter("lone")->find("lone")->generation->folder();
  sh("rm apps/lone.so");
  EXPECT_EQ(get("lone"), "404");
  EXPECT_TRUE(eventually([&] { return !still_mapped(old) && !fs::exists(old); }));
}

TEST_F(Gone, IsEverythingThatManyReloadsMade) {
  drop_pond("v1");
  serve();
  HoldingsAndStages after_ten;
  const int reloads = test::repetitions(25, 500);
  for (int i = 1; i <= reloads; ++i) {
    const std::string version = i % 2 == 0 ? "v1" : "v2";
    drop(version, "pond.base");
    ASSERT_EQ(get("pond.left"), "left 1 on base " + version.substr(1));
    if (i % 5 == 0) drop("throws", "lone");  // refused ones leave nothing either
    get("lone");
    if (i == 10) {
      EXPECT_TRUE(eventually([&] { return holdings().stages == 1; }));
      after_ten = holdings();
    }
  }
  // Not equal: the worker may have been closing something when they were counted after ten.
  EXPECT_TRUE(eventually([&] { return !holdings().exceed(after_ten); }))
      << holdings().objects << " objects, " << holdings().mappings << " mappings, "
      << holdings().descriptors << " descriptors, " << holdings().stages << " stages";
  EXPECT_EQ(label("pond"), "pond/" + std::to_string(reloads + 1));
}

}  // namespace
}  // namespace shoal::test
