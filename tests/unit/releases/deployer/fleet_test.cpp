#include "releases/deployer/fleet.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "releases/deployer/messages.hpp"

namespace shoal::releases {
namespace {

using nlohmann::json;

class Workers : public testing::Test {
 protected:
  std::vector<std::string> said_to(pid_t worker) {
    std::vector<std::string> words;
    for (const auto& [to, message] : sent) {
      if (to == worker) words.push_back(message.at("say"));
    }
    sent.clear();
    return words;
  }

  std::vector<std::pair<pid_t, json>> sent;
  Fleet fleet{
      [this](pid_t worker, json message) { sent.emplace_back(worker, std::move(message)); }};
  const Fleet::List list{{"aquarium", {13, "aquarium.13.5"}}};
};

TEST_F(Workers, GetTheListWhenTheyJoin) {
  fleet.join(7, list);
  EXPECT_EQ(
      sent.at(0).second,
      json({{"say", "list"},
            {"groups",
             json::array({{{"group", "aquarium"}, {"number", 13}, {"stage", "aquarium.13.5"}}})}}));
  EXPECT_FALSE(fleet.has(7));
}

TEST_F(Workers, BelongToTheSetOnceTheyHaveOpenedTheList) {
  fleet.join(7, list);
  EXPECT_TRUE(fleet.listed(7, {{"aquarium", 13}}, list));
  EXPECT_TRUE(fleet.has(7));
  EXPECT_EQ(said_to(7), (std::vector<std::string>{"list", "joined"}));
}

TEST_F(Workers, GetTheNewListIfItHasChangedMeanwhile) {
  fleet.join(7, list);
  const Fleet::List newer{{"aquarium", {14, "aquarium.14.6"}}};
  EXPECT_FALSE(fleet.listed(7, {{"aquarium", 13}}, newer));
  EXPECT_EQ(said_to(7), (std::vector<std::string>{"list", "list"}));
  EXPECT_TRUE(fleet.listed(7, {{"aquarium", 14}}, newer));
}

TEST_F(Workers, JoinWithoutWhatTheyCannotOpen) {
  fleet.join(7, list);
  fleet.failed(7, "aquarium", 13);
  EXPECT_TRUE(fleet.listed(7, {}, list));
}

TEST_F(Workers, StandInTheOrderOfJoining) {
  for (const pid_t worker : {9, 3, 5}) {
    fleet.join(worker, {});
    fleet.listed(worker, {}, {});
  }
  EXPECT_EQ(fleet.set(), (std::vector<pid_t>{9, 3, 5}));
  fleet.left(3);
  fleet.exited(9);
  EXPECT_EQ(fleet.set(), (std::vector<pid_t>{5}));
}

TEST_F(Workers, AreKnownByWhatTheyHaveMapped) {
  for (const pid_t worker : {1, 2}) {
    fleet.join(worker, {});
    fleet.listed(worker, {}, {});
  }
  for (const unsigned long number : {4ul, 5ul}) fleet.mapped(1, "pond", number);
  fleet.mapped(2, "pond", 6);
  EXPECT_EQ(fleet.most_mapped("pond"), (std::set<unsigned long>{4, 5}));
  fleet.unmapped(1, "pond", 4);
  fleet.unmapped(1, "pond", 5);
  EXPECT_EQ(fleet.most_mapped("pond"), (std::set<unsigned long>{6}));
  fleet.exited(2);
  EXPECT_TRUE(fleet.most_mapped("pond").empty());
}

}  // namespace
}  // namespace shoal::releases
