// A web server that does not take the answer while its handler runs.
#include <thread>

#include "server_fixture.hpp"

namespace shoal::fastcgi {
namespace {

using std::chrono::milliseconds;
using system::eventually;
using test::get;

class ASlowReader : public AServer {
 protected:
  ASlowReader() {
    responder_.on("/large", [this](Exchange& exchange) {
      EXPECT_TRUE(exchange.write(large_));
      EXPECT_TRUE(exchange.finish());
      ++finished_;
    });
  }

  // More than a socket holds; what is left is less than what a handler may leave unsent.
  const std::string large_ = test::pattern(330 << 10);
  std::atomic<int> finished_{0};
};

TEST_F(ASlowReader, HoldsNoThread) {
  start(one_thread());
  FastCgiClient slow = client();
  slow.send(get("/large"));
  ASSERT_TRUE(eventually([&] { return finished_ == 1; })) << "the handler waits for the peer";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(client().ask(get("/other")), "/other");
  EXPECT_TRUE(slow.answer().text == large_) << "the rest is sent later";
  EXPECT_EQ(slow.ask(get("/then")), "/then");
}

TEST_F(ASlowReader, GetsAllItsAnswersInOrder) {
  start(one_thread());
  FastCgiClient slow = client();
  slow.send(get("/large") + get("/large") + get("/then"));
  ASSERT_TRUE(eventually([&] { return finished_ == 1; }));
  EXPECT_EQ(client().ask(get("/other")), "/other");
  EXPECT_EQ(finished_, 1) << "its next request is served before it has its first answer";
  EXPECT_TRUE(slow.answer().text == large_);
  EXPECT_TRUE(slow.answer().text == large_);
  EXPECT_EQ(slow.answer().text, "/then");
}

TEST_F(ASlowReader, GetsTheWholeAnswerBeforeItsConnectionIsClosed) {
  start(one_thread());
  FastCgiClient slow = client();
  slow.send(test::request({{"REQUEST_URI", "/large"}}, "", /*keep=*/false));
  ASSERT_TRUE(eventually([&] { return finished_ == 1; }));
  EXPECT_EQ(client().ask(get("/other")), "/other");
  const test::Answer answer = slow.answer();
  EXPECT_TRUE(answer.text == large_);
  EXPECT_TRUE(answer.complete);
  EXPECT_TRUE(slow.sees_close());
}

TEST_F(ASlowReader, IsServedByAnotherLoopAfterItsThreadHasLostItsOwn) {
  responder_.on("/long", [this](Exchange& exchange) {
    exchange.will_take_long();
    exchange.write(large_);
    exchange.finish();
    ++finished_;
  });
  start(one_loop(2));
  FastCgiClient slow = client();
  slow.send(get("/long"));
  ASSERT_TRUE(eventually([&] { return finished_ == 1; }));
  EXPECT_TRUE(slow.answer().text == large_);
  EXPECT_EQ(slow.ask(get("/then")), "/then");
}

TEST_F(ASlowReader, IsCutWhenItTakesNothingForTheWriteTimeout) {
  start(one_thread({.write_timeout = milliseconds(100)}));
  FastCgiClient slow = client();
  slow.send(get("/large"));
  ASSERT_TRUE(eventually([&] { return server_->load().answers_cut == 1; }));
  EXPECT_EQ(finished_, 1);
  EXPECT_TRUE(has_connections(0));
  EXPECT_FALSE(slow.answer().complete);
}

TEST_F(ASlowReader, ThatLeavesIsForgotten) {
  start(one_thread());
  {
    FastCgiClient slow = client();
    slow.send(get("/large"));
    ASSERT_TRUE(eventually([&] { return finished_ == 1; }));
  }
  EXPECT_TRUE(has_connections(0));
  EXPECT_EQ(server_->load().answers_cut, 0u);
}

TEST_F(ASlowReader, GetsItsAnswerWhileTheServerStops) {
  start(one_thread());
  FastCgiClient slow = client();
  slow.send(get("/large"));
  ASSERT_TRUE(eventually([&] { return finished_ == 1; }));
  server_->stop();
  EXPECT_FALSE(server_->finished_within(milliseconds(1)));
  EXPECT_TRUE(slow.answer().text == large_);
  EXPECT_TRUE(slow.sees_close());
}

TEST_F(ASlowReader, WithManyOthersIsCutBeforeTheyTakeTooMuchMemory) {
  start(one_thread());
  std::vector<FastCgiClient> slow;
  for (int i = 0; i < 1'000 && server_->load().answers_cut == 0; ++i) {
    slow.push_back(client());
    slow.back().send(get("/large"));
    ASSERT_TRUE(eventually([&] { return finished_ == i + 1; }));
  }
  ASSERT_TRUE(eventually([&] { return server_->load().answers_cut > 0; }));
  EXPECT_GT(slow.size(), 64'000u / 330) << "64 MiB may be unsent";
  EXPECT_FALSE(slow.front().answer().complete) << "the one that waited longest";
  EXPECT_TRUE(slow.back().answer().complete);
  slow.clear();
  EXPECT_TRUE(has_connections(0));
}

}  // namespace
}  // namespace shoal::fastcgi
