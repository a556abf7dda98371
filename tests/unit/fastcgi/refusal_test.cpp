// Requests that are answered with an error before a handler sees them.
#include <thread>

#include "server_fixture.hpp"

namespace shoal::fastcgi {
namespace {

using std::chrono::milliseconds;
using system::eventually;
using test::get;
using test::head_of;
using test::post_to;
using test::record;
using test::request;

class ARefusedRequest : public AServer {};

TEST_F(ARefusedRequest, GetsA408WhenItsBodyTakesTooLong) {
  start(one_thread({.body_timeout = milliseconds(100)}));
  FastCgiClient slow = client();
  slow.send(head_of("/", 8) + record(FCGI_STDIN, "some"));
  const test::Answer answer = slow.answer();
  EXPECT_EQ(answer.text, "refused 408");
  EXPECT_TRUE(answer.complete);
  EXPECT_TRUE(slow.sees_close()) << "the rest of the body may still come";
  EXPECT_EQ(responder_.calls(), 0);
}

TEST_F(ARefusedRequest, GetsA408WhileAllThreadsAreBusy) {
  block("/busy");
  start(one_thread({.body_timeout = milliseconds(100)}));
  FastCgiClient busy = client();
  busy.send(get("/busy"));
  ASSERT_TRUE(gate_.is_reached());
  FastCgiClient slow = client();
  slow.send(head_of("/", 8));
  EXPECT_EQ(slow.answer().text, "refused 408");
  gate_.open();
  EXPECT_EQ(busy.answer().text, "/busy");
}

TEST_F(ARefusedRequest, GetsA413WhenItsBodyIsTooLarge) {
  start({.limits = {.body = 4}});
  for (const std::string& address : {address_, tcp_address_}) {
    FastCgiClient web_server(address);
    EXPECT_EQ(web_server.ask(post_to("/", "fives")), "refused 413");
    EXPECT_EQ(web_server.ask(request({{"REQUEST_URI", "/"}}, "fives")), "refused 413")
        << "without CONTENT_LENGTH";
    EXPECT_EQ(web_server.ask(post_to("/", "four")), "/four") << "the connection is kept";
  }
  EXPECT_EQ(responder_.refusals(), 4);
}

TEST_F(ARefusedRequest, IsRefusedBeforeItsBodyComes) {
  start({.limits = {.body = 4}});
  FastCgiClient web_server = client();
  EXPECT_EQ(web_server.ask(head_of("/", 8)), "refused 413");
  web_server.send(record(FCGI_STDIN, "somebody") + record(FCGI_STDIN, ""));
  EXPECT_EQ(web_server.ask(get("/then")), "/then");
}

TEST_F(ARefusedRequest, IsAnsweredInFullAndClosedIfTooMuchOfItsBodyIsLeft) {
  start({.limits = {.body = 1'000, .keep_alive_drain = 1'000}});
  for (const std::string& address : {address_, tcp_address_}) {
    FastCgiClient web_server(address);
    std::jthread sender([&] { web_server.send(post_to("/", std::string(3'000'000, 'b'))); });
    const test::Answer answer = web_server.answer();
    EXPECT_EQ(answer.text, "refused 413");
    EXPECT_TRUE(answer.complete);
    EXPECT_TRUE(web_server.sees_close());
  }
}

TEST_F(ARefusedRequest, GetsA503WhenTheBodiesOfOthersTakeTheWholeBudget) {
  responder_.on("/held", [this](Exchange& exchange) {
    gate_.wait();
    exchange.write(test::read_all(exchange).substr(0, 4));
  });
  start({.limits = {.bodies = 150'000}, .threads = 8});
  FastCgiClient holding = client();
  holding.send(post_to("/held", std::string(100'000, 'h')));
  ASSERT_TRUE(gate_.is_reached());
  FastCgiClient web_server = client();
  EXPECT_EQ(web_server.ask(post_to("/", std::string(100'000, 'b'))), "refused 503");
  EXPECT_EQ(web_server.ask(request({{"REQUEST_URI", "/"}}, std::string(100'000, 'b'))),
            "refused 503")
      << "without CONTENT_LENGTH";
  EXPECT_EQ(web_server.ask(post_to("/", "small")), "/small");
  gate_.open();
  EXPECT_EQ(holding.answer().text, "hhhh");
  EXPECT_TRUE(eventually(
      [&] { return web_server.ask(post_to("/", std::string(100'000, 'b'))).size() == 100'001; }));
}

TEST_F(ARefusedRequest, GivesBackTheBudgetOfABodyWhosePeerLeaves) {
  start({.limits = {.bodies = 150'000}});
  EXPECT_TRUE(send_and_leave(head_of("/", 100'000) + record(FCGI_STDIN, std::string(60'000, 'b'))));
  EXPECT_EQ(client().ask(post_to("/", std::string(100'000, 'b'))).size(), 100'001u);
}

TEST_F(ARefusedRequest, GetsA503WhenNoFileForItsBodyCanBeMade) {
  start();
  std::filesystem::remove_all(folder_ / "");
  FastCgiClient web_server(tcp_address_);
  EXPECT_EQ(web_server.ask(post_to("/", std::string(100'000, 'b'))), "refused 503");
  EXPECT_EQ(web_server.ask(post_to("/", "small")), "/small");
}

TEST_F(ARefusedRequest, HoldsNoThreadWhileItsPeerDoesNotTakeTheAnswer) {
  start(one_thread({.body = 4}));
  FastCgiClient slow = client();
  std::string many;
  for (int i = 0; i < 4'000; ++i) many += post_to("/", "fives");
  std::jthread sender([&] { slow.send(many); });
  EXPECT_EQ(client().ask(get("/other")), "/other");
  int refused = 0;
  while (refused < 4'000 && slow.answer().text == "refused 413") ++refused;
  EXPECT_EQ(refused, 4'000);
}

}  // namespace
}  // namespace shoal::fastcgi
