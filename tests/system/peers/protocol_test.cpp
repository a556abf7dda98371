// The protocol as web servers and other clients speak it, however its bytes are cut.
#include <gmock/gmock.h>

#include "peers.hpp"

namespace shoal::system {
namespace {

using test::FastCgiClient;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class Protocol : public Peers {
 protected:
  Protocol() : Peers({.workers = "{ threads: 2, grace: 60s }"}) {}

  static std::string question() {
    return test::record(
        FCGI_GET_VALUES,
        test::pairs({{FCGI_MAX_CONNS, ""}, {FCGI_MAX_REQS, ""}, {FCGI_MPXS_CONNS, ""}}),
        FCGI_NULL_REQUEST_ID);
  }

  static void expect_values(FastCgiClient& peer) {
    const auto reply = peer.receive();
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->first, FCGI_GET_VALUES_RESULT);
    EXPECT_THAT(reply->second, HasSubstr(test::pairs({{FCGI_MPXS_CONNS, "0"}})));
  }

  /// The record that begins a request with this id.
  static std::string begin_of(int id, int role = FCGI_RESPONDER, int padding = 0) {
    const std::string body{0, static_cast<char>(role), FCGI_KEEP_CONN, 0, 0, 0, 0, 0};
    return test::record(FCGI_BEGIN_REQUEST, body, id, padding);
  }
};

TEST_F(Protocol, ValuesAreToldInOnePieceOrMany) {
  for (std::size_t cut = 0; cut < question().size(); ++cut) {
    SCOPED_TRACE(cut);
    auto client = peer();
    if (cut > 0) send_until_read(client, question().substr(0, cut));
    client.send(question().substr(cut));
    expect_values(client);
    ASSERT_EQ(ask(client, get_of("/lone")), "lone 1\n");
  }
}

TEST_F(Protocol, ValuesAreToldBetweenRequests) {
  auto client = peer();
  for (int i = 0; i < 3; ++i) {
    expect_usable(client);
    client.send(question());
    expect_values(client);
  }
  client.send(question() + question() + get_of("/lone"));
  expect_values(client);
  expect_values(client);
  EXPECT_EQ(content(client.answer()), "lone 1\n");
}

TEST_F(Protocol, UnknownManagementRecordsGetAReply) {
  auto client = peer();
  client.send(test::record(99, "what is this?", FCGI_NULL_REQUEST_ID));
  const auto reply = client.receive();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->first, FCGI_UNKNOWN_TYPE);
  EXPECT_EQ(reply->second.at(0), 99);
  expect_usable(client);
}

TEST_F(Protocol, ARequestMayComeByteByByte) {
  auto client = peer();
  for (const char each : post_of("cod", "/echo")) send_until_read(client, std::string(1, each));
  EXPECT_THAT(content(client.answer()), EndsWith("body: cod\n"));
  expect_usable(client);
}

TEST_F(Protocol, ARequestMayBeCutAnywhere) {
  const std::string request = post_of(body_of(200), "/transfers/body");
  auto client = peer();
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    send_until_read(client, request.substr(0, cut));
    ASSERT_THAT(ask(client, request.substr(cut)), EndsWith(read_of(body_of(200)))) << cut;
  }
}

TEST_F(Protocol, EachRecordMayHavePadding) {
  const std::string all = test::pairs(params("/transfers/body", "POST"));
  auto client = peer();
  for (const int padding : {1, 7, 8, 255}) {
    std::string request = begin_of(1, FCGI_RESPONDER, padding);
    for (const auto& part : {all.substr(0, 20), all.substr(20), std::string()}) {
      request += test::record(FCGI_PARAMS, part, 1, padding);
    }
    for (const char* part : {"co", "d", ""}) {
      request += test::record(FCGI_STDIN, part, 1, padding);
    }
    EXPECT_THAT(ask(client, request), EndsWith(read_of("cod"))) << padding;
  }
  expect_usable(client);
}

TEST_F(Protocol, ARecordMayHaveOneByteOfParameters) {
  std::string request = test::begin(true);
  for (const char each : test::pairs(params("/lone"))) {
    request += test::record(FCGI_PARAMS, std::string(1, each), 1, 3);
  }
  auto client = peer();
  EXPECT_EQ(ask(client, request + test::record(FCGI_PARAMS, "") + end_of_body()), "lone 1\n");
}

TEST_F(Protocol, ShortLengthsMayHaveFourBytes) {
  std::string pairs;
  for (const auto& [name, value] : params("/lone")) {
    for (const std::size_t size : {name.size(), value.size()}) {
      pairs += std::string{'\x80', 0, 0, static_cast<char>(size)};
    }
    pairs += name + value;
  }
  auto client = peer();
  EXPECT_EQ(ask(client, test::begin(true) + test::stream(FCGI_PARAMS, pairs) + end_of_body()),
            "lone 1\n");
}

TEST_F(Protocol, RequestsSentAtOnceAreAnsweredInTheirOrder) {
  auto client = peer();
  std::string all;
  for (int i = 0; i < 50; ++i) {
    all += get_of("/echo/" + std::to_string(i));
    all += post_of(body_of(static_cast<std::size_t>(i) * 100), "/transfers/body");
  }
  client.send(all);
  for (int i = 0; i < 50; ++i) {
    ASSERT_THAT(content(client.answer()), HasSubstr("path: /echo/" + std::to_string(i) + "\n"));
    ASSERT_THAT(content(client.answer()),
                EndsWith(read_of(body_of(static_cast<std::size_t>(i) * 100))));
  }
  expect_usable(client);
}

TEST_F(Protocol, ABodyNeverBecomesARequest) {
  // Wherever the container's reads end, each place of the body begins a whole request.
  const std::string smuggled = get_of("/echo/smuggled");
  for (const std::size_t before : {0, 1, 100, 4'096, 8'192, 16'384, 65'536}) {
    std::string body(before, 'A');
    for (int i = 0; i < 20; ++i) body += smuggled;
    body += body_of(20'000);
    auto client = peer();
    client.send(get_of("/echo/first") + post_of(body) + get_of("/echo/third"));
    EXPECT_THAT(content(client.answer()), HasSubstr("path: /echo/first\n"));
    EXPECT_THAT(content(client.answer()), EndsWith(read_of(body)));
    EXPECT_THAT(content(client.answer()), HasSubstr("path: /echo/third\n"));
    expect_usable(client);
  }
  EXPECT_THAT(log(), Not(HasSubstr("smuggled")));
}

TEST_F(Protocol, ABodyLongerThanAnnouncedNeverBecomesARequest) {
  const std::string body = "cod" + get_of("/echo/smuggled") + std::string(20'000, 'B');
  auto client = peer();
  client.send(post_head(3) + test::stream(FCGI_STDIN, body) + get_of("/echo/next"));
  EXPECT_THAT(content(client.answer()), EndsWith(read_of("cod")));
  EXPECT_THAT(content(client.answer()), HasSubstr("path: /echo/next\n"));
}

TEST_F(Protocol, ABodyThatAHandlerDoesNotReadNeverBecomesARequest) {
  auto client = peer();
  client.send(post_of(get_of("/echo/smuggled") + std::string(100'000, 'B'), "/lone") +
              get_of("/echo/next"));
  EXPECT_EQ(content(client.answer()), "lone 1\n");
  EXPECT_THAT(content(client.answer()), HasSubstr("path: /echo/next\n"));
}

TEST_F(Protocol, ASecondRequestAtTheSameTimeIsRefusedAndTheFirstGoesOn) {
  const std::string body = body_of(1'000);
  for (const std::string& begun : {test::begin(true), post_head(1'000),
                                   post_head(1'000) + part_of_body(body.substr(0, 400))}) {
    auto client = peer();
    client.send(begun + begin_of(2));
    EXPECT_EQ(protocol_status(client), FCGI_CANT_MPX_CONN);
    client.send(test::record(FCGI_PARAMS, "", 2) + test::record(FCGI_STDIN, "", 2));
    const bool in_body = begun.size() > post_head(1'000).size();
    const std::string rest =
        in_body ? test::stream(FCGI_STDIN, body.substr(400)) : post_of(body).substr(begun.size());
    EXPECT_THAT(ask(client, rest), EndsWith(read_of(body)));
    expect_usable(client);
  }
}

TEST_F(Protocol, OtherRolesAreRefused) {
  auto client = peer();
  for (const int role : {FCGI_AUTHORIZER, FCGI_FILTER}) {
    client.send(begin_of(1, role) + test::stream(FCGI_PARAMS, test::pairs(params("/lone"))));
    EXPECT_EQ(protocol_status(client), FCGI_UNKNOWN_ROLE);
  }
  client.send(end_of_body());
  expect_usable(client);
}

TEST_F(Protocol, RequestsMayHaveAnyId) {
  auto client = peer();
  for (const int id : {1, 2, 255, 256, 65'535}) {
    client.send(begin_of(id) + test::record(FCGI_PARAMS, test::pairs(params("/lone")), id) +
                test::record(FCGI_PARAMS, "", id) + test::record(FCGI_STDIN, "", id));
    EXPECT_EQ(content(client.answer()), "lone 1\n");
  }
}

}  // namespace
}  // namespace shoal::system
