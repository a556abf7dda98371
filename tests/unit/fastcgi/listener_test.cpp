#include "fastcgi/listener.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "fastcgi_client.hpp"
#include "scratch_folder.hpp"

namespace shoal::fastcgi {
namespace {

using test::FastCgiClient;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kBacklog = 16;

class AListener : public ::testing::Test {
 protected:
  UnixAddress at(const std::string& name, std::optional<unsigned> mode = std::nullopt) const {
    return {folder_ / name, mode, "", ""};
  }

  /// The text of the error that opening it ends in.
  std::string refusal(const Address& address) const {
    try {
      const Listener listener(address, kBacklog);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "not refused";
  }

  /// What a server leaves that was killed.
  void leave_dead_socket(const std::string& name) const {
    const base::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, (folder_ / name).c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(socket.get(), 1), 0);
  }

  unsigned mode_of(const std::string& name) const { return status_of(name).st_mode & 0777; }

  struct stat status_of(const std::string& name) const {
    struct stat status {};
    ::lstat((folder_ / name).c_str(), &status);
    return status;
  }

  bool exists(const std::string& name) const {
    return std::filesystem::exists(std::filesystem::symlink_status(folder_ / name));
  }

  /// Whether a byte from the client arrives at the connection that the listener accepts.
  static void expect_talks(const Listener& listener) {
    FastCgiClient client(listener.name());
    const auto connection = wait_for_accept(listener);
    ASSERT_TRUE(connection);
    client.send("x");
    char byte = 0;
    EXPECT_EQ(::read(connection->get(), &byte, 1), 1);
    EXPECT_EQ(byte, 'x');
  }

  static std::optional<base::Descriptor> wait_for_accept(const Listener& listener) {
    pollfd waiting{listener.descriptor(), POLLIN, 0};
    ::poll(&waiting, 1, 20'000);
    return listener.accept();
  }

  test::ScratchFolder folder_;
};

TEST_F(AListener, AcceptsOnAUnixSocketAndRemovesItsFileAtTheEnd) {
  {
    const Listener listener(at("a.sock"), kBacklog);
    EXPECT_EQ(listener.name(), "unix:" + (folder_ / "a.sock").string());
    expect_talks(listener);
    EXPECT_TRUE(exists("a.sock"));
  }
  EXPECT_FALSE(exists("a.sock"));
}

TEST_F(AListener, DoesNotWaitWhenNobodyConnects) {
  const Listener listener(at("a.sock"), kBacklog);
  EXPECT_FALSE(listener.accept());
}

TEST_F(AListener, GivesConnectionsThatBlockAndAreClosedOnExec) {
  const Listener listener(at("a.sock"), kBacklog);
  const FastCgiClient client(listener.name());
  const auto connection = wait_for_accept(listener);
  ASSERT_TRUE(connection);
  EXPECT_EQ(::fcntl(connection->get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(connection->get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(::fcntl(listener.descriptor(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(listener.descriptor(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(AListener, GivesTheSocketTheModeAskedForWhateverTheUmask) {
  const mode_t before = ::umask(0077);
  const Listener narrow(at("narrow.sock", 0600), kBacklog);
  const Listener wide(at("wide.sock", 0666), kBacklog);
  ::umask(before);
  EXPECT_EQ(mode_of("narrow.sock"), 0600u);
  EXPECT_EQ(mode_of("wide.sock"), 0666u);
}

TEST_F(AListener, GivesTheSocketToTheGroupAskedFor) {
  const ::group* const own = ::getgrgid(::getegid());
  ASSERT_NE(own, nullptr);
  UnixAddress address = at("a.sock");
  address.group = own->gr_name;
  const Listener listener(address, kBacklog);
  EXPECT_EQ(status_of("a.sock").st_gid, ::getegid());
}

TEST_F(AListener, RefusesOwnersAndGroupsThatDoNotExistAndLeavesNoFile) {
  UnixAddress address = at("a.sock");
  address.owner = "no-such-user";
  EXPECT_THAT(refusal(address), AllOf(StartsWith("unix:/tmp/"), HasSubstr("\"no-such-user\"")));
  address.owner = "";
  address.group = "no-such-group";
  EXPECT_THAT(refusal(address), HasSubstr("\"no-such-group\""));
  EXPECT_FALSE(exists("a.sock"));
}

TEST_F(AListener, ReplacesTheSocketOfADeadServer) {
  leave_dead_socket("a.sock");
  ASSERT_TRUE(exists("a.sock"));
  expect_talks(Listener(at("a.sock"), kBacklog));
}

TEST_F(AListener, DoesNotStealTheSocketOfALivingServer) {
  const Listener living(at("a.sock"), kBacklog);
  EXPECT_THAT(refusal(at("a.sock")), HasSubstr("another server listens there; stop it, or choose"));
  EXPECT_EQ(wait_for_accept(living).has_value(), true) << "the question itself was a connection";
  expect_talks(living);
}

TEST_F(AListener, DoesNotStealTheSocketOfALivingServerWhoseQueueIsFull) {
  const Listener living(at("a.sock"), /*backlog=*/0);
  const FastCgiClient waits(living.name());
  EXPECT_THAT(refusal(at("a.sock")), HasSubstr("another server listens there"));
}

TEST_F(AListener, DoesNotDeleteAFileThatIsNoSocket) {
  std::ofstream(folder_ / "a.sock") << "precious";
  EXPECT_THAT(refusal(at("a.sock")), HasSubstr("there is already a file that is not a socket"));
  EXPECT_TRUE(exists("a.sock"));
}

TEST_F(AListener, DoesNotDeleteASymbolicLink) {
  leave_dead_socket("dead.sock");
  std::filesystem::create_symlink(folder_ / "dead.sock", folder_ / "a.sock");
  EXPECT_THAT(refusal(at("a.sock")), HasSubstr("already a file that is not a socket"));
  EXPECT_TRUE(exists("dead.sock"));
}

TEST_F(AListener, SaysWhichFolderIsMissing) {
  EXPECT_THAT(
      refusal(at("missing/a.sock")),
      HasSubstr("the folder " + (folder_ / "missing").string() + " does not exist; create it"));
}

TEST_F(AListener, SaysHowLongASocketPathMayBe) {
  EXPECT_THAT(refusal(at(std::string(120, 'a'))), HasSubstr("a socket's may have 107"));
}

TEST_F(AListener, LeavesTheFileOfItsSuccessorAlone) {
  {
    const Listener first(at("a.sock"), kBacklog);
    std::filesystem::remove(folder_ / "a.sock");
    leave_dead_socket("a.sock");
  }
  EXPECT_TRUE(exists("a.sock"));
}

TEST_F(AListener, RemovesItsFileOnceHoweverOftenItIsMoved) {
  Listener first(at("a.sock"), kBacklog);
  {
    Listener second(std::move(first));
    EXPECT_TRUE(exists("a.sock"));
  }
  EXPECT_FALSE(exists("a.sock"));
}

TEST_F(AListener, AcceptsOnIPv4AndNamesThePortThatTheKernelChose) {
  const Listener listener(TcpAddress{"127.0.0.1", 0, {}}, kBacklog);
  EXPECT_THAT(listener.name(), StartsWith("127.0.0.1:"));
  EXPECT_NE(listener.name(), "127.0.0.1:0");
  expect_talks(listener);
}

TEST_F(AListener, AcceptsOnIPv6) {
  const Listener listener(TcpAddress{"::1", 0, {}}, kBacklog);
  EXPECT_THAT(listener.name(), StartsWith("[::1]:"));
  expect_talks(listener);
}

TEST_F(AListener, SendsSmallAnswersWithoutDelayOnTcp) {
  const Listener listener(TcpAddress{"127.0.0.1", 0, {}}, kBacklog);
  const FastCgiClient client(listener.name());
  const auto connection = wait_for_accept(listener);
  ASSERT_TRUE(connection);
  int on = 0;
  socklen_t size = sizeof on;
  ASSERT_EQ(::getsockopt(connection->get(), IPPROTO_TCP, /*TCP_NODELAY=*/1, &on, &size), 0);
  EXPECT_EQ(on, 1);
}

TEST_F(AListener, RefusesAPortThatIsTaken) {
  const Listener first(TcpAddress{"127.0.0.1", 0, {}}, kBacklog);
  const auto port = static_cast<std::uint16_t>(std::stoi(first.name().substr(10)));
  EXPECT_THAT(refusal(TcpAddress{"127.0.0.1", port, {}}),
              AllOf(StartsWith(first.name() + ": cannot "), HasSubstr("choose another port")));
}

TEST_F(AListener, RefusesAHostThatIsNone) {
  EXPECT_THAT(refusal(TcpAddress{"no such host", 9000, {}}),
              AllOf(StartsWith("no such host:9000: "), HasSubstr("give an IPv4 or IPv6 address")));
}

TEST_F(AListener, ClosesConnectionsOfClientsThatAreNotAllowed) {
  const Listener listener(TcpAddress{"127.0.0.1", 0, {"127.0.0.2", "::1"}}, kBacklog);
  FastCgiClient client(listener.name());
  EXPECT_FALSE(wait_for_accept(listener));
  EXPECT_TRUE(client.sees_close());
}

TEST_F(AListener, AcceptsClientsThatAreAllowed) {
  expect_talks(Listener(TcpAddress{"127.0.0.1", 0, {"127.0.0.1"}}, kBacklog));
  expect_talks(Listener(TcpAddress{"127.0.0.1", 0, {"::ffff:127.0.0.1"}}, kBacklog));
  expect_talks(Listener(TcpAddress{"::1", 0, {"127.0.0.1", "0:0:0:0:0:0:0:1"}}, kBacklog));
}

TEST_F(AListener, RefusesAnAllowedClientThatIsNoAddress) {
  EXPECT_THAT(refusal(TcpAddress{"127.0.0.1", 0, {"localhost"}}),
              HasSubstr("allowed_clients: \"localhost\" is not an IPv4 or IPv6 address"));
}

TEST_F(AListener, SharesADescriptorThatListens) {
  const base::Descriptor before(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, (folder_ / "a.sock").c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(before.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(before.get(), 4), 0);

  (void)Listener(InheritedDescriptor{before.get()}, kBacklog);
  const Listener listener(InheritedDescriptor{before.get()}, kBacklog);  // the first left it open
  EXPECT_EQ(listener.name(), "fd:" + std::to_string(before.get()));
  EXPECT_EQ(::fcntl(listener.descriptor(), F_GETFD), FD_CLOEXEC);
  EXPECT_FALSE(listener.accept()) << "nobody waits, so it must not block";
  const FastCgiClient client("unix:" + (folder_ / "a.sock").string());
  EXPECT_TRUE(wait_for_accept(listener));
}

TEST_F(AListener, RefusesADescriptorThatDoesNotListen) {
  const base::Descriptor file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const base::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const std::string wrong = ": not a listening stream socket; start Shoal with";
  for (int number : {file.get(), socket.get(), 987'654})
    EXPECT_THAT(refusal(InheritedDescriptor{number}),
                StartsWith("fd:" + std::to_string(number) + wrong));
  EXPECT_NE(::fcntl(file.get(), F_GETFD), -1) << "what was refused was closed";
}

}  // namespace
}  // namespace shoal::fastcgi
