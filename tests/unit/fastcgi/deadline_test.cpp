// Connections that are closed since their time is over.
#include <thread>

#include "server_fixture.hpp"

namespace shoal::fastcgi {
namespace {

using std::chrono::milliseconds;
using test::get;

class ADeadline : public AServer {
 protected:
  ADeadline() { block("/busy"); }

  /// Starts a server whose only thread is busy from then on.
  void start_busy(Limits limits) {
    start(one_thread(limits));
    occupy();
  }

  void occupy() {
    busy_.emplace(address_);
    busy_->send(get("/busy"));
    ASSERT_TRUE(gate_.is_reached());
  }

  void expect_busy_answer() {
    gate_.open();
    EXPECT_EQ(busy_->answer().text, "/busy") << "a request that is served has no deadline";
  }

  std::optional<FastCgiClient> busy_;
};

TEST_F(ADeadline, ClosesConnectionsThatAreIdleForTooLong) {
  start({.limits = {.idle_timeout = milliseconds(100)}});
  FastCgiClient kept = client();
  ASSERT_EQ(kept.ask(get("/")), "/");
  FastCgiClient silent = client();
  EXPECT_TRUE(kept.sees_close());
  EXPECT_TRUE(silent.sees_close());
  EXPECT_TRUE(has_connections(0));
}

TEST_F(ADeadline, ClosesASilentConnectionThoughNothingElseHappens) {
  start({.limits = {.read_timeout = milliseconds(100), .idle_timeout = milliseconds(300)}});
  std::vector<FastCgiClient> silent;
  for (int i = 0; i < 8; ++i) silent.push_back(client());
  for (FastCgiClient& each : silent) EXPECT_TRUE(each.sees_close());
}

TEST_F(ADeadline, ClosesAConnectionThatIsIdleAfterASlowHandler) {
  responder_.on("/long", [](Exchange& exchange) {
    exchange.will_take_long();
    exchange.write("long");
  });
  start({.limits = {.read_timeout = milliseconds(100), .idle_timeout = milliseconds(300)},
         .threads = 4});
  FastCgiClient kept = client();
  ASSERT_EQ(kept.ask(get("/long")), "long");
  EXPECT_TRUE(kept.sees_close());
}

TEST_F(ADeadline, ClosesIdleConnectionsWhileAllThreadsAreBusy) {
  start(one_thread({.idle_timeout = milliseconds(100)}));
  FastCgiClient idle = client();
  ASSERT_EQ(idle.ask(get("/")), "/");
  occupy();
  FastCgiClient silent = client();
  EXPECT_TRUE(idle.sees_close());
  EXPECT_TRUE(silent.sees_close());
  expect_busy_answer();
}

TEST_F(ADeadline, ClosesHalfAHeadWhileAllThreadsAreBusy) {
  start_busy({.read_timeout = milliseconds(100)});
  FastCgiClient half = client();
  half.send(get("/half").substr(0, 20));
  EXPECT_TRUE(half.sees_close());
  expect_busy_answer();
}

TEST_F(ADeadline, CutsASlowReaderWhileAllThreadsAreBusy) {
  responder_.on("/large", [](Exchange& exchange) { exchange.write(std::string(330 << 10, 'a')); });
  start(one_thread({.write_timeout = milliseconds(200)}));
  FastCgiClient slow = client();
  slow.send(get("/large"));
  ASSERT_TRUE(system::eventually([&] { return responder_.calls() == 1; }));
  occupy();
  EXPECT_TRUE(system::eventually([&] { return server_->load().answers_cut == 1; }));
  expect_busy_answer();
}

TEST_F(ADeadline, DoesNotEndRequestsThatWait) {
  start_busy({.read_timeout = milliseconds(50),
              .body_timeout = milliseconds(50),
              .write_timeout = milliseconds(50),
              .idle_timeout = milliseconds(50)});
  FastCgiClient waiting = client();
  waiting.send(test::post_to("/waiting", "body"));
  ASSERT_TRUE(has_waiting(1));
  FastCgiClient idle = client();
  EXPECT_TRUE(idle.sees_close());
  expect_busy_answer();
  EXPECT_EQ(waiting.answer().text, "/waitingbody");
}

TEST_F(ADeadline, EndsAPeerThatDribblesItsHead) {
  start(one_thread({.read_timeout = milliseconds(200)}));
  FastCgiClient slow = client();
  const std::string head = get("/" + std::string(60'000, 's'));
  std::size_t sent = 0;
  // Each byte comes well within the timeout; all of them would take minutes.
  while (sent < head.size() && slow.send(head.substr(sent, 1))) {
    ++sent;
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_LT(sent, head.size()) << "the whole head was waited for";
  EXPECT_EQ(client().ask(get("/another")), "/another");
}

TEST_F(ADeadline, OfAHeadBeginsAnewWithEachRequest) {
  start(one_thread({.read_timeout = milliseconds(400)}));
  FastCgiClient web_server = client();
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(web_server.ask(get("/")), "/");
    std::this_thread::sleep_for(milliseconds(100));
  }
}

}  // namespace
}  // namespace shoal::fastcgi
