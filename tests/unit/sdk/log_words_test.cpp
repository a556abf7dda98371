// What makes a line of the log one line, and tells whose it is.
#include <set>
#include <thread>

#include "shoal/host/current_request.hpp"
#include "shoal/host/printable.hpp"
#include "shoal/host/request_id.hpp"
#include "unit/sdk/answering.hpp"

namespace shoal::test {
namespace {

using std::string_literals::operator""s;

TEST(Printable, LeavesTextAlone) {
  EXPECT_EQ(host::printable("GET /tank?fish=b\\x \"cod\""), "GET /tank?fish=b\\x \"cod\"");
  EXPECT_EQ(host::printable("bärsch € 🐟"), "bärsch € 🐟");
  EXPECT_EQ(host::printable(""), "");
}

TEST(Printable, EscapesWhatForgesALineOrSteersATerminal) {
  EXPECT_EQ(host::printable("a\r\nb\t\0\x1b[2J\x7f"s), "a\\x0d\\x0ab\\x09\\x00\\x1b[2J\\x7f");
  EXPECT_EQ(host::printable("\u0085\u009b2J\u00a0"), "\\xc2\\x85\\xc2\\x9b2J\u00a0");
}

TEST(Printable, EscapesWhatIsNoUtf8) {
  EXPECT_EQ(host::printable("b\xe4rsch"), "b\\xe4rsch");
  EXPECT_EQ(host::printable("\xc3"), "\\xc3");
  EXPECT_EQ(host::printable("\xe2\x82z"), "\\xe2\\x82z");
  EXPECT_EQ(host::printable("\xc0\x8a\xe0\x80\x8a\xf0\x80\x80\x8a"),
            "\\xc0\\x8a\\xe0\\x80\\x8a\\xf0\\x80\\x80\\x8a");
  EXPECT_EQ(host::printable("\xed\xa0\x80\xf4\x90\x80\x80\xff"),
            "\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80\\xff");
}

TEST(RequestId, IsTakenFromTheWebServerFirst) {
  MemoryExchange exchange;
  exchange.params["HTTP_X_REQUEST_ID"] = "of-the-visitor";
  EXPECT_EQ(host::request_id_of(exchange), "of-the-visitor");
  exchange.params["REQUEST_ID"] = "of-the-server";
  EXPECT_EQ(host::request_id_of(exchange), "of-the-server");
}

TEST(RequestId, IsMadeWhereTheOneGivenCouldDoHarm) {
  MemoryExchange exchange;
  const std::string forbidden[] = {
      "", "a b", "a]", "a\nb", "a\"b", "\xc3\xa4", std::string(129, 'a')};
  for (const auto& given : forbidden) {
    exchange.params["HTTP_X_REQUEST_ID"] = given;
    const std::string id = host::request_id_of(exchange);
    EXPECT_NE(id, given);
    EXPECT_TRUE(host::is_request_id(id)) << id;
  }
  EXPECT_TRUE(host::is_request_id(std::string(128, 'a')));
  EXPECT_TRUE(host::is_request_id("0f/A+z_9.b:c=d@e-f"));
}

TEST(RequestId, IsSixteenRandomBytesThatNoThreadSharesWithAnother) {
  std::set<std::string> ids;
  for (int i = 0; i < 4; ++i) {
    std::thread([&] {
      for (int j = 0; j < 1000; ++j) ids.insert(host::make_request_id());
    }).join();
  }
  EXPECT_EQ(ids.size(), 4000u);
  for (const auto& id : ids) EXPECT_EQ(id.size(), 32u);
}

TEST(CurrentRequest, IsThatOfTheThreadAndEnds) {
  EXPECT_EQ(host::CurrentRequest::id(), "");
  {
    const host::CurrentRequest outer("one");
    {
      const host::CurrentRequest inner("two");
      EXPECT_EQ(host::CurrentRequest::id(), "two");
    }
    EXPECT_EQ(host::CurrentRequest::id(), "one");
    std::thread([] { EXPECT_EQ(host::CurrentRequest::id(), ""); }).join();
  }
  EXPECT_EQ(host::CurrentRequest::id(), "");
}

TEST_F(Answering, ARequestKnowsItsId) {
  const auto request = host::Access::make_request(exchange_, response(), "/", "", {}, "4f2a");
  EXPECT_EQ(request->id(), "4f2a");
}

TEST_F(Answering, HeadersCanBeAskedForOnceTheyAreSent) {
  response().header("X-Fish", "cod");
  EXPECT_EQ(host::Access::answer_header(response(), "X-Fish"), std::nullopt);
  response().text("short");
  finish();
  EXPECT_EQ(host::Access::answer_header(response(), "x-fish"), "cod");
  EXPECT_EQ(host::Access::answer_header(response(), "Content-Length"), "5");
  EXPECT_EQ(host::Access::answer_header(response(), "Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(host::Access::answer_header(response(), "X-Fis"), std::nullopt);
}

}  // namespace
}  // namespace shoal::test
