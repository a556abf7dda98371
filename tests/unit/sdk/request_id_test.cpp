#include "shoal/host/request_id.hpp"

#include <set>
#include <thread>

#include "unit/sdk/answering.hpp"

namespace shoal::test {
namespace {

TEST(RequestId, IsTakenFromTheWebServerFirst) {
  MemoryExchange exchange;
  exchange.params["HTTP_X_REQUEST_ID"] = "of-the-visitor";
  host::RequestId made;
  EXPECT_EQ(host::request_id_of(exchange, made), "of-the-visitor");
  exchange.params["REQUEST_ID"] = "of-the-server";
  EXPECT_EQ(host::request_id_of(exchange, made), "of-the-server");
}

TEST(RequestId, IsRandomWhenTheGivenOneIsNotValid) {
  MemoryExchange exchange;
  const std::string forbidden[] = {
      "", "a b", "a]", "a\nb", "a\"b", "\xc3\xa4", std::string(129, 'a')};
  for (const auto& given : forbidden) {
    exchange.params["HTTP_X_REQUEST_ID"] = given;
    host::RequestId made;
    const std::string_view id = host::request_id_of(exchange, made);
    EXPECT_NE(id, given);
    EXPECT_TRUE(host::is_request_id(id)) << id;
  }
  EXPECT_TRUE(host::is_request_id(std::string(128, 'a')));
  EXPECT_TRUE(host::is_request_id("0f/A+z_9.b:c=d@e-f"));
}

TEST(RequestId, IsSixteenRandomBytesThatDifferInEachThread) {
  std::set<host::RequestId> ids;
  for (int i = 0; i < 4; ++i) {
    std::thread([&] {
      for (int j = 0; j < 1000; ++j) ids.insert(host::make_request_id());
    }).join();
  }
  EXPECT_EQ(ids.size(), 4000u);
}

TEST_F(Answering, RequestHasItsId) {
  const auto request = host::Access::make_request(exchange_, response(), "/", "", {}, "4f2a");
  EXPECT_EQ(request->id(), "4f2a");
}

TEST_F(Answering, HeadersCanBeReadOnceTheyAreSent) {
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
