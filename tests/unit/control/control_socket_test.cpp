#include "control/control_socket.hpp"
#include "base/user_name.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "control/users.hpp"
#include "unit/fastcgi/scratch_folder.hpp"

namespace shoal::control {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A control socket, and commands that connect to it.
class Asking : public ::testing::Test {
 protected:
  Channel connect() const {
    base::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = folder_ / "control.sock";
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
              0);
    return Channel(std::move(socket));
  }

  /// Returns the mode of the run folder, or of a file in it.
  unsigned mode_of(const std::string& name) const {
    struct stat status {};
    EXPECT_EQ(::lstat((folder_ / name).c_str(), &status), 0);
    return status.st_mode & 07777;
  }

  test::ScratchFolder folder_;
  ControlSocket control_{folder_ / ""};
};

TEST_F(Asking, TellsWhichUserAsks) {
  auto command = connect();
  command.send({{"ask", "history"}});
  const auto questions = control_.take();
  ASSERT_THAT(questions, SizeIs(1));
  EXPECT_EQ(questions.front().user, ::geteuid());
  EXPECT_THAT(base::name_of_user(::geteuid()), ::testing::Not(IsEmpty()));
}

TEST_F(Asking, GetsProgressBeforeTheAnswer) {
  auto command = connect();
  command.send({{"ask", "drop"}});
  const auto question = control_.take().front();
  control_.tell(question.connection, {{"progress", "probing"}});
  EXPECT_TRUE(control_.is_connected(question.connection));
  control_.answer(question.connection, {{"verdict", "live"}});
  EXPECT_FALSE(control_.is_connected(question.connection));
  const auto lines = command.receive();
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(text_of(lines.front(), "progress"), "probing");
  EXPECT_EQ(text_of(lines.back(), "verdict"), "live");
}

TEST_F(Asking, IsForgottenWhenTheCommandIsGone) {
  unsigned connection = 0;
  {
    auto command = connect();
    command.send({{"ask", "drop"}});
    connection = control_.take().front().connection;
    EXPECT_TRUE(control_.is_connected(connection));
  }
  control_.take();
  EXPECT_FALSE(control_.is_connected(connection));
}

TEST_F(Asking, GetsItsAnswerAlsoWhenTheCommandHasClosedItsSendingSide) {
  auto command = connect();
  command.send({{"ask", "drop"}});
  command.finish();
  const auto question = control_.take().front();
  control_.take();
  EXPECT_TRUE(control_.is_connected(question.connection));
}

TEST_F(Asking, IsForTheContainersUserAlone) { EXPECT_EQ(mode_of("control.sock"), 0600u); }

TEST_F(Asking, IsForAGroupTooOnceTheSocketIsSharedWithIt) {
  control_.share_with(::getegid());
  EXPECT_EQ(mode_of("control.sock"), 0660u);
  EXPECT_EQ(mode_of(""), 0710u);

  ::unlink((folder_ / "control.sock").c_str());
  control_.put_back();
  EXPECT_EQ(mode_of("control.sock"), 0660u);

  control_.share_with(std::nullopt);
  EXPECT_EQ(mode_of("control.sock"), 0600u);
  EXPECT_EQ(mode_of(""), 0700u);
}

TEST(OwnGroup, MustExist) {
  try {
    own_group("no-such-group", "shoal.yaml:7: control.group");
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("shoal.yaml:7: control.group: no-such-group: there is no"));
  }
}

}  // namespace
}  // namespace shoal::control
