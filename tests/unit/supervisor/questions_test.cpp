#include "supervisor/questions.hpp"
#include "base/user_name.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "supervisor/withdrawals.hpp"
#include "unit/fastcgi/scratch_folder.hpp"

namespace shoal::supervisor {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A deployer that is only the end of its channel.
class FakeDeployer {
 public:
  explicit FakeDeployer(unsigned turn) : FakeDeployer(turn, control::Channel::pair()) {}

  DeployerProcess process;
  control::Channel channel;

 private:
  FakeDeployer(unsigned turn, std::pair<control::Channel, control::Channel> ends)
      : process{4711, std::move(ends.first), nullptr, {}, turn}, channel(std::move(ends.second)) {}
};

/// Commands that ask on a control socket.
class QuestionsOfCommands : public ::testing::Test {
 protected:
  /// A command asks this, and waits for the answer.
  control::Channel ask(const json& words) {
    base::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = folder_ / "control.sock";
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
              0);
    control::Channel command(std::move(socket));
    command.send(words);
    for (auto& question : control_.take()) questions_.ask(std::move(question));
    return command;
  }

  test::ScratchFolder folder_;
  control::ControlSocket control_{folder_ / ""};
  Questions questions_{control_};
};

const json kDrop{{"ask", "drop"}, {"files", {{"pond.fish", "ab12"}}}};

TEST_F(QuestionsOfCommands, GoToTheDeployerWithTheUsersName) {
  auto command = ask(kDrop);
  FakeDeployer deployer(1);
  questions_.send_to(deployer.process);
  questions_.send_to(deployer.process);
  EXPECT_THAT(deployer.channel.receive(),
              ElementsAre(json{{"say", "question"},
                               {"question", 1},
                               {"words", kDrop},
                               {"who", base::name_of_user(::geteuid())}}));

  questions_.progressed(1, {{"progress", "probing"}});
  questions_.answered(1, {{"verdict", "live"}});
  EXPECT_THAT(command.receive(),
              ElementsAre(json{{"progress", "probing"}}, json{{"verdict", "live"}}));
}

TEST_F(QuestionsOfCommands, AreAskedAgainOfANewDeployerUntilTheyAreAnswered) {
  auto first = ask(kDrop);
  auto second = ask({{"ask", "history"}});
  FakeDeployer dies(1);
  questions_.send_to(dies.process);
  questions_.answered(2, {{"history", json::array()}});

  FakeDeployer follows(2);
  questions_.send_to(follows.process);
  const auto asked = follows.channel.receive();
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_EQ(asked.front()["question"], 1);
}

TEST_F(QuestionsOfCommands, EndWhenTheirCommandIsGone) {
  { auto command = ask(kDrop); }
  control_.take();
  questions_.expire();
  FakeDeployer deployer(1);
  questions_.send_to(deployer.process);
  EXPECT_THAT(deployer.channel.receive(), IsEmpty());
}

TEST_F(QuestionsOfCommands, GetAnErrorWhenTheServiceStops) {
  auto command = ask(kDrop);
  questions_.give_up("the container is stopping");
  EXPECT_THAT(command.receive(), ElementsAre(json{{"error", "the container is stopping"}}));
}

TEST_F(QuestionsOfCommands, AreToldOnceWhatHoldsThemUp) {
  auto command = ask(kDrop);
  questions_.tell_hindrance("");
  questions_.tell_hindrance("the deployer is silent");
  questions_.tell_hindrance("the deployer is silent");
  questions_.tell_hindrance("");
  EXPECT_THAT(command.receive(),
              ElementsAre(json{{"progress", "the deployer is silent"},
                               {"hindrance", "the deployer is silent"}},
                          json{{"progress", "waiting for the answer"}, {"hindrance", ""}}));
}

TEST(Withdrawals, AreAskedForAgainUntilADeployerHasDoneThem) {
  Withdrawals withdrawals;
  withdrawals.add({.group = "pond", .number = 3, .crashes = 5});
  FakeDeployer dies(1), follows(2), last(4713);
  withdrawals.send_to(dies.process);
  withdrawals.send_to(follows.process);
  withdrawals.send_to(follows.process);
  EXPECT_THAT(
      follows.channel.receive(),
      ElementsAre(json{{"say", "withdraw"}, {"group", "pond"}, {"number", 3}, {"crashes", 5}}));
  withdrawals.done("pond", 3);
  withdrawals.send_to(last.process);
  EXPECT_THAT(last.channel.receive(), IsEmpty());
}

}  // namespace
}  // namespace shoal::supervisor
