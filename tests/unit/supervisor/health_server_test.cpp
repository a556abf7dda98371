#include "supervisor/health_server.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>

namespace shoal::supervisor {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const std::string kAskReady = "GET /ready HTTP/1.1\r\nHost: x\r\n\r\n";

/// Peers on one side, the server on the other, both in this thread: nothing here may wait.
class AHealthServer : public ::testing::Test {
 protected:
  static constexpr std::chrono::milliseconds kLong = 1h;

  base::Descriptor connect() const {
    const std::string name = listener_.name();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port =
        htons(static_cast<std::uint16_t>(std::stoi(name.substr(name.rfind(':') + 1))));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    base::Descriptor peer(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(peer.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return peer;
  }

  base::Descriptor ask(const std::string& bytes) const {
    base::Descriptor peer = connect();
    send(peer, bytes);
    return peer;
  }

  static void send(const base::Descriptor& peer, const std::string& bytes) {
    ASSERT_EQ(::send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

  /// Serves as the supervisor does, each time that something is readable.
  void serve(HealthServer& server) {
    std::vector<pollfd> watched;
    for (const int descriptor : server.descriptors(&listener_)) {
      watched.push_back({descriptor, POLLIN, 0});
    }
    ::poll(watched.data(), watched.size(), 100);
    server.serve(&listener_, [this] { return readiness_; });
  }
  void serve() { serve(server_); }

  /// Everything up to the end of the connection; `reset` if that is not a clean one.
  std::string answer(HealthServer& server, const base::Descriptor& peer) {
    std::string text;
    for (std::array<char, 4096> piece{};;) {
      const ssize_t size = ::recv(peer.get(), piece.data(), piece.size(), MSG_DONTWAIT);
      if (size == 0) return text;
      if (size > 0) {
        text.append(piece.data(), static_cast<std::size_t>(size));
      } else if (errno != EAGAIN) {
        return "reset";
      } else {
        serve(server);
      }
    }
  }
  std::string answer(const base::Descriptor& peer) { return answer(server_, peer); }

  std::size_t callers() const { return server_.descriptors(nullptr).size(); }

  const fastcgi::Listener listener_{fastcgi::TcpAddress{"127.0.0.1", 0, {}}, 511};
  Readiness readiness_{true, "ready"};
  HealthServer server_{kLong};
};

TEST_F(AHealthServer, TellsWhetherItIsReady) {
  EXPECT_THAT(answer(ask(kAskReady)), HasSubstr("200 OK"));
  readiness_ = {false, "starting"};
  const std::string told = answer(ask(kAskReady));
  EXPECT_THAT(told, HasSubstr("503 Service Unavailable"));
  EXPECT_TRUE(told.ends_with("\r\n\r\nstarting\n"));
  EXPECT_THAT(answer(ask("GET /live HTTP/1.1\r\n\r\n")), HasSubstr("200 OK"));
  EXPECT_THAT(answer(ask("GET /other HTTP/1.1\r\n\r\n")), HasSubstr("404 Not Found"));
  EXPECT_THAT(answer(ask("POST /live HTTP/1.1\r\n\r\n")), HasSubstr("405 Method Not Allowed"));
}

TEST_F(AHealthServer, AnswersAPeerThatSendsByteByByte) {
  const auto peer = connect();
  for (const char byte : kAskReady) {
    send(peer, std::string(1, byte));
    serve();
  }
  EXPECT_THAT(answer(peer), HasSubstr("200 OK"));
}

TEST_F(AHealthServer, AnswersAPeerThatHasClosedItsOwnDirection) {
  const auto peer = ask(kAskReady);
  ::shutdown(peer.get(), SHUT_WR);
  EXPECT_THAT(answer(peer), HasSubstr("200 OK"));
  while (callers() > 0) serve();
}

TEST_F(AHealthServer, PartsWithAPeerThatLeavesInTheMiddle) {
  {
    const auto peer = ask("GET /rea");
    while (callers() == 0) serve();
  }
  while (callers() > 0) serve();
}

TEST_F(AHealthServer, AnswersPipelinedRequestsOnceAndWithoutAReset) {
  const auto peer =
      ask(kAskReady + kAskReady + "POST /x HTTP/1.1\r\n\r\n" + std::string(20'000, 'x'));
  const std::string told = answer(peer);
  EXPECT_TRUE(told.ends_with("\r\n\r\nready\n")) << told;
  EXPECT_EQ(told.find("HTTP/1.1"), told.rfind("HTTP/1.1")) << told;
}

TEST_F(AHealthServer, RefusesALongHeadWithoutAReset) {
  EXPECT_THAT(answer(ask(std::string(20'000, 'x'))), HasSubstr("431 Request Header Fields"));
}

TEST_F(AHealthServer, DoesNotReadForEverWhatFollows) {
  const auto peer = ask(kAskReady);
  EXPECT_THAT(answer(peer), HasSubstr("200 OK"));
  const std::string more(16'000, 'x');
  bool closed = false;
  for (int i = 0; i < 1000 && !closed; ++i) {
    closed = ::send(peer.get(), more.data(), more.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
             errno != EAGAIN;
    serve();
  }
  EXPECT_TRUE(closed);
}

TEST_F(AHealthServer, IsNotHeldUpByManySilentPeers) {
  std::vector<base::Descriptor> silent;
  for (int i = 0; i < 200; ++i) {
    silent.push_back(i % 2 == 0 ? connect() : ask("GET /ready HTTP/1.1\r\n"));
    if (i % 10 == 0) serve();
  }
  EXPECT_THAT(answer(ask(kAskReady)), HasSubstr("200 OK"));
  EXPECT_LE(callers(), 64u);
}

TEST_F(AHealthServer, ClosesASilentPeerWhenItsTimeIsUp) {
  HealthServer server{0ms};
  const auto silent = connect();
  EXPECT_EQ(answer(server, silent), "");
  EXPECT_THAT(server.descriptors(nullptr), SizeIs(0));
}

TEST_F(AHealthServer, HasADeadlineOnlyWhileAPeerIsThere) {
  EXPECT_EQ(server_.deadline(), std::chrono::steady_clock::time_point::max());
  const auto silent = connect();
  while (callers() == 0) serve();
  EXPECT_LE(server_.deadline(), std::chrono::steady_clock::now() + kLong);
}

TEST_F(AHealthServer, LetsPeersFinishWhenItListensNoMore) {
  const auto peer = connect();
  while (callers() == 0) serve();
  send(peer, kAskReady);
  server_.serve(nullptr, [this] { return readiness_; });
  EXPECT_THAT(answer(peer), HasSubstr("200 OK"));
}

}  // namespace
}  // namespace shoal::supervisor
