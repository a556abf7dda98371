#include "control/channel.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace shoal::control {
namespace {

using ::testing::SizeIs;

TEST(Channel, KeepsWhatAStoppedPeerDoesNotReadAndSendsItLater) {
  auto [here, there] = Channel::pair();
  const nlohmann::json large{{"text", std::string(1 << 20, 'x')}};
  for (int i = 0; i < 3; ++i) here.post(large);
  here.post({{"text", "last"}});
  EXPECT_TRUE(here.has_unsent());
  EXPECT_FALSE(here.closed());

  std::vector<nlohmann::json> arrived;
  while (here.has_unsent()) {
    for (auto& message : there.receive()) arrived.push_back(std::move(message));
    here.push();
  }
  for (auto& message : there.receive()) arrived.push_back(std::move(message));
  ASSERT_THAT(arrived, SizeIs(4));
  EXPECT_EQ(text_of(arrived.back(), "text"), "last");
}

TEST(Channel, SendsWhatWasPostedBeforeWhatIsSent) {
  auto [here, there] = Channel::pair();
  here.post({{"number", 1}});
  ASSERT_TRUE(here.send({{"number", 2}}));
  const auto arrived = there.receive();
  ASSERT_THAT(arrived, SizeIs(2));
  EXPECT_EQ(number_of(arrived.back(), "number"), 2u);
}

TEST(Channel, GivesUpAPeerThatLeavesTooMuchUnread) {
  auto [here, there] = Channel::pair();
  const nlohmann::json large{{"text", std::string(16 << 20, 'x')}};
  for (int i = 0; i < 5; ++i) here.post(large);
  EXPECT_TRUE(here.closed());
  EXPECT_FALSE(here.has_unsent());
}

TEST(Channel, StillReadsAfterItHasFinished) {
  auto [here, there] = Channel::pair();
  here.finish();
  there.receive();
  EXPECT_TRUE(there.closed());
  there.post({{"text", "an answer"}});
  EXPECT_THAT(here.receive(), SizeIs(1));
  EXPECT_FALSE(here.closed());
}

}  // namespace
}  // namespace shoal::control
