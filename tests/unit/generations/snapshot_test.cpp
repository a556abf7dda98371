#include "generations/snapshot.hpp"

#include "unit/generations/building.hpp"
#include "unit/releases/apps/apps_folder.hpp"
#include "unit/releases/built.hpp"

namespace shoal::generations {
namespace {

class Snapshots : public AppsFolder {
 protected:
  std::shared_ptr<const Generation> generation_of(const std::string& version, Files files) {
    for (auto& [module, file] : files) file = file_at(built(version, module));
    return build(order_of("pond", 7, std::move(files)), stages_);
  }

  Stages stages_{run()};
};

TEST_F(Snapshots, FindHandlersByTheirFullName) {
  const auto pond = generation_of("v1", {{"pond.base", {}}, {"pond.left", {}}});
  const Snapshot snapshot({{"pond", pond}}, {});
  const auto* entry = snapshot.find("pond.left");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->handler, pond->handlers().at("pond.left").get());
  EXPECT_EQ(entry->generation, pond.get());
  for (const char* name : {"", "pond", "pond.lef", "pond.left.x", "pond.base"}) {
    EXPECT_EQ(snapshot.find(name), nullptr) << name;
  }
}

TEST_F(Snapshots, TellWhatWasNeverLoadedFromWhatIsNotThere) {
  const Snapshot snapshot({}, {"pond.left"});
  const auto* entry = snapshot.find("pond.left");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->handler, nullptr);
  EXPECT_EQ(entry->generation, nullptr);
  EXPECT_EQ(snapshot.find("pond.right"), nullptr);
}

TEST_F(Snapshots, AreMadeOfTheOneBeforeAndOneGroup) {
  const auto pond = generation_of("v1", {{"pond.base", {}}, {"pond.left", {}}});
  const Snapshot none({}, {"alone", "pond.left", "pond.other", "zoo"});

  const Snapshot loaded(none, "pond", pond, {"pond.left", "pond.other"});
  EXPECT_EQ(loaded.generations().size(), 1u);
  EXPECT_EQ(loaded.find("pond.left")->generation, pond.get());
  EXPECT_EQ(loaded.find("pond.other"), nullptr) << "it is no handler of the generation";
  for (const char* name : {"alone", "zoo"}) EXPECT_EQ(loaded.find(name)->generation, nullptr);

  const auto next = generation_of("v2", {{"pond.base", {}}, {"pond.right", {}}});
  const Snapshot replaced(loaded, "pond", next, {"pond.right"});
  EXPECT_EQ(replaced.find("pond.left"), nullptr);
  EXPECT_EQ(replaced.find("pond.right")->generation, next.get());

  const Snapshot withdrawn(replaced, "pond", nullptr, {"pond.right"});
  EXPECT_TRUE(withdrawn.generations().empty());
  EXPECT_EQ(withdrawn.find("pond.right")->generation, nullptr);
  EXPECT_NE(withdrawn.find("zoo"), nullptr);
}

TEST_F(Snapshots, HoldTheirGenerations) {
  auto pond = generation_of("v1", {{"pond.base", {}}, {"pond.left", {}}});
  const std::weak_ptr<const Generation> watched = pond;
  {
    const Snapshot snapshot({{"pond", std::move(pond)}}, {});
    EXPECT_FALSE(watched.expired());
    EXPECT_EQ(answer_of(*snapshot.find("pond.left")->handler), "left 1 on base 1");
  }
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace shoal::generations
