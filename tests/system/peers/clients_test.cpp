// Clients other than web servers, and what they send that web servers do not.
#include <gmock/gmock.h>

#include "peers.hpp"
#include "server.hpp"

namespace shoal::system {
namespace {

using test::FastCgiClient;
using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr char kCgiFcgi[] = SHOAL_BUILT_CGI_FCGI;  // the programs
constexpr char kHaproxy[] = SHOAL_BUILT_HAPROXY;

class Clients : public Peers {
 protected:
  Clients() : Peers({.workers = "{ threads: 2, grace: 60s }"}) {}

  /// Sends a record as three pieces, which the container reads apart: header, content and padding.
  static void send_in_pieces(FastCgiClient& peer, int type, const std::string& content,
                             int id = 1) {
    const int padding = static_cast<int>((8 - content.size() % 8) % 8);
    const std::string record = test::record(type, content, id, padding);
    for (const auto& piece : {record.substr(0, FCGI_HEADER_LEN), content,
                              std::string(static_cast<std::size_t>(padding), '\0')}) {
      if (!piece.empty()) send_until_read(peer, piece);
    }
  }
};

// --- cgi-fcgi of libfcgi

TEST_F(Clients, CgiFcgiIsAnswered) {
  const std::string command = std::string(kCgiFcgi) + " -bind -connect ";
  for (const std::string& address : {socket().native(), tcp_address()}) {
    const auto [code, output] =
        run("REQUEST_METHOD=GET SCRIPT_NAME=/lone " + command + address + " < /dev/null");
    EXPECT_EQ(code, 0);
    EXPECT_THAT(output, EndsWith("\r\n\r\nlone 1\n"));
  }
}

TEST_F(Clients, CgiFcgiMayPost) {
  for (const std::size_t size : {3, 100'000, 1'000'000}) {
    write_file(here() / "body", body_of(size));
    const auto [code, output] = run(
        "REQUEST_METHOD=POST SCRIPT_NAME=/transfers/body CONTENT_LENGTH=" + std::to_string(size) +
        " " + kCgiFcgi + " -bind -connect " + socket().native() + " < " + at("body"));
    EXPECT_EQ(code, 0);
    EXPECT_THAT(output, EndsWith(read_of(body_of(size))));
  }
}

// --- fastcgi-client of npm, with its default options

TEST_F(Clients, OfNodeAreAnswered) {
  const auto pairs =
      test::pairs({{FCGI_MAX_CONNS, ""}, {FCGI_MAX_REQS, ""}, {FCGI_MPXS_CONNS, ""}});
  auto first = peer();
  send_in_pieces(first, FCGI_GET_VALUES, pairs, FCGI_NULL_REQUEST_ID);
  const auto values = first.receive();
  ASSERT_TRUE(values.has_value());
  EXPECT_EQ(values->first, FCGI_GET_VALUES_RESULT);
  EXPECT_THAT(values->second, HasSubstr(test::pairs({{FCGI_MPXS_CONNS, "0"}})));
  first.finish_sending();
  EXPECT_TRUE(first.sees_close()) << "until then the client sends no request";

  const std::string body = body_of(100'001);
  auto all = params("/transfers/body", "POST");
  all.emplace_back("CONTENT_LENGTH", std::to_string(body.size()));
  auto second = peer();
  send_in_pieces(second, FCGI_BEGIN_REQUEST, std::string{0, FCGI_RESPONDER, 0, 0, 0, 0, 0, 0});
  send_in_pieces(second, FCGI_PARAMS, test::pairs(all));
  send_in_pieces(second, FCGI_PARAMS, "");
  send_in_pieces(second, FCGI_STDIN, body.substr(0, 65'535));
  send_in_pieces(second, FCGI_STDIN, body.substr(65'535));
  send_in_pieces(second, FCGI_STDIN, "");
  EXPECT_THAT(content(second.answer()), EndsWith(read_of(body)));
  expect_answers(4);
  EXPECT_EQ(::send(second.descriptor(), "", 0, MSG_NOSIGNAL), 0)
      << "Node ends a record with a write of no bytes; if that fails, it drops the answer";
  EXPECT_TRUE(second.sees_close());
}

TEST_F(Clients, MaySendTheEndOfABodyLaterThoughItsLengthIsKnown) {
  for (const std::string& body : {std::string(), std::string("cod")}) {
    auto all = params("/transfers/body", "POST");
    all.emplace_back("CONTENT_LENGTH", std::to_string(body.size()));
    for (const bool over_tcp : {false, true}) {
      auto client = over_tcp ? tcp_peer() : peer();
      client.send(test::begin(false) + test::stream(FCGI_PARAMS, test::pairs(all)) +
                  (body.empty() ? "" : part_of_body(body)));
      expect_answers(4);  // meanwhile the container may have answered
      for (const char each : end_of_body()) {
        EXPECT_TRUE(client.send(std::string(1, each))) << "the connection was closed too early";
      }
      EXPECT_THAT(content(client.answer()), EndsWith(read_of(body)));
      EXPECT_TRUE(client.sees_close());
    }
  }
}

// --- clients of PHP: a connection for each request, any id, all in one write

TEST_F(Clients, ThatSendOneRequestOnAConnectionAreAnsweredAndClosed) {
  for (int i = 0; i < 50; ++i) {
    auto client = i % 2 == 0 ? peer() : tcp_peer();
    client.send(test::request(params("/lone"), "", false));
    EXPECT_EQ(content(client.answer()), "lone 1\n");
    EXPECT_TRUE(client.sees_close());
  }
}

// --- HAProxy

class BehindHaproxy : public Clients {
 protected:
  void SetUp() override {
    Clients::SetUp();
    server_.emplace(here() / "haproxy", [this](const auto& folder, std::uint16_t port) {
      write_file(folder / "haproxy.cfg", R"(defaults
  mode http
  timeout connect 60s
  timeout client 60s
  timeout server 60s
fcgi-app shoal
  docroot /
  option keep-conn
  option get-values
frontend visitors
  bind 127.0.0.1:)" + std::to_string(port) + R"(
  default_backend shoal
backend shoal
  http-reuse always
  use-fcgi-app shoal
  server shoal unix@)" + socket().native() + " proto fcgi\n");
      return std::vector<std::string>{kHaproxy, "-db", "-f", (folder / "haproxy.cfg").native()};
    });
  }

  void TearDown() override {
    if (server_) server_->stop();
    Clients::TearDown();
    if (HasFailure() && server_) std::cerr << "--- HAProxy's log\n" << server_->log() << "---\n";
  }

  std::optional<Server> server_;
};

TEST_F(BehindHaproxy, ThatAsksForValuesRequestsAreAnswered) {
  Visitor visitor(server_->port());
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(visitor.get("/lone").body, "lone 1\n");
    for (const std::size_t size : {3, 70'000, 300'000}) {
      const std::string body = body_of(size);
      EXPECT_THAT(
          visitor.send({"POST", "/transfers/body", {{"Content-Type", "text/plain"}}, body}).body,
          EndsWith(read_of(body)));
    }
  }
}

TEST_F(BehindHaproxy, VisitorsThatLeaveDisturbNoOthers) {
  Visitors visitors(server_->port(), 8, {"/lone"}, check_lone_1);
  for (int i = 0; i < 20; ++i) {
    FastCgiClient leaver("127.0.0.1:" + std::to_string(server_->port()));
    leaver.send(
        "POST /transfers/body HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
        "Content-Length: 1000000\r\n\r\nx");
    visitors.wait_for_responses(10);
  }
  expect_no_failure(visitors);
}

}  // namespace
}  // namespace shoal::system
