// One process ends and another one serves in its place: here, two servers with one handover.
#include "fastcgi/handover.hpp"

#include "handover_fixture.hpp"

namespace shoal::fastcgi {
namespace {

using std::chrono::milliseconds;
using system::eventually;
using test::get;
using test::post_to;
using ::testing::AnyOf;

TEST_F(AHandover, KeepsConnectionsOpenThatAreIdle) {
  FastCgiClient kept(address());
  ASSERT_EQ(kept.ask(get("/")), "old/");
  hand_over();
  start_the_new();
  ASSERT_TRUE(old_has_connections(0));
  EXPECT_EQ(kept.ask(get("/")), "new/");
  end_the_old();
  EXPECT_EQ(kept.ask(get("/")), "new/");
}

TEST_F(AHandover, KeepsConnectionsOpenThatHaveNotAskedYet) {
  FastCgiClient fresh(address());
  ASSERT_TRUE(old_has_connections(1));
  hand_over();
  end_the_old();
  start_the_new();
  EXPECT_EQ(fresh.ask(get("/")), "new/");
}

TEST_F(AHandover, LosesNoRequestThatIsSentMeanwhile) {
  FastCgiClient kept(address());
  ASSERT_EQ(kept.ask(get("/")), "old/");
  hand_over();
  end_the_old();
  ASSERT_TRUE(kept.send(get("/"))) << "nothing reads it yet";
  start_the_new();
  EXPECT_EQ(kept.answer().text, "new/");
}

TEST_F(AHandover, PassesOnHalfAHead) {
  const std::string whole = get("/half");
  for (const std::size_t size : {1u, 8u, 10u, 20u, 40u}) {
    FastCgiClient half(address());
    half.send(whole.substr(0, size));
    ASSERT_TRUE(old_has_connections(1));
    replace();
    half.send(whole.substr(size));
    EXPECT_EQ(half.answer().text, "new/half") << size;
    EXPECT_EQ(half.ask(get("/then")), "new/then") << size;
    half.leave();
    start_again();
  }
}

TEST_F(AHandover, PassesOnHalfABody) {
  for (const std::size_t size : {1u << 10, 300u << 10, 6u << 20}) {
    const std::string body = test::pattern(size);
    const std::string whole = post_to("/half", body);
    FastCgiClient half(address());
    half.send(whole.substr(0, size / 2));
    ASSERT_TRUE(old_has_connections(1));
    replace();
    half.send(whole.substr(size / 2));
    EXPECT_TRUE(half.answer().text == "new/half" + body) << size;
    EXPECT_EQ(half.ask(get("/then")), "new/then") << size;
    half.leave();
    start_again();
  }
}

TEST_F(AHandover, PassesOnHalfABodyOfUnknownLength) {
  const std::string body = test::pattern(200'000);
  const std::string whole = test::request({{"REQUEST_URI", "/half"}}, body);
  FastCgiClient half(address());
  half.send(whole.substr(0, 100'000));
  ASSERT_TRUE(old_has_connections(1));
  replace();
  half.send(whole.substr(100'000));
  EXPECT_TRUE(half.answer().text == "new/half" + body);
}

TEST_F(AHandover, PassesOnAConnectionWhenItsRequestIsAnswered) {
  FastCgiClient busy(address());
  ASSERT_TRUE(busy.send(get("/slow")));
  ASSERT_TRUE(gate_.is_reached());
  hand_over();
  start_the_new();
  gate_.open();
  EXPECT_EQ(busy.answer().text, "old");
  EXPECT_EQ(busy.ask(get("/")), "new/");
}

TEST_F(AHandover, PassesOnRequestsThatWaitForAThread) {
  end_the_old_now();
  start_the_old(1);
  FastCgiClient busy(address());
  ASSERT_TRUE(busy.send(get("/slow")));
  ASSERT_TRUE(gate_.is_reached());
  const std::string body = test::pattern(300'000);
  std::vector<FastCgiClient> waiting;
  for (int i = 0; i < 5; ++i) {
    waiting.emplace_back(address());
    waiting.back().send(i % 2 ? get("/waiting") : post_to("/waiting", body));
    ASSERT_TRUE(
        eventually([&] { return old_->load().waiting == static_cast<std::size_t>(i) + 1; }));
  }
  hand_over();
  start_the_new();
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(waiting[static_cast<std::size_t>(i)].answer().text ==
                (i % 2 ? "new/waiting" : "new/waiting" + body))
        << i;
  }
  gate_.open();
  EXPECT_EQ(busy.answer().text, "old");
}

TEST_F(AHandover, PassesOnRequestsThatWaitForTheirRoute) {
  FastCgiClient busy(address());
  ASSERT_TRUE(busy.send(get("/one")));
  ASSERT_TRUE(gate_.is_reached());
  FastCgiClient waiting(address());
  waiting.send(get("/one"));
  ASSERT_TRUE(eventually([&] { return old_->load().waiting == 1; }));
  hand_over();
  start_the_new();
  gate_.open();
  EXPECT_EQ(waiting.answer().text, "new");
  EXPECT_EQ(busy.answer().text, "old");
}

TEST_F(AHandover, LeavesRequestsThatWaitToTheOldServerIfItIsFull) {
  FastCgiClient busy(address());
  ASSERT_TRUE(busy.send(get("/one")));
  ASSERT_TRUE(gate_.is_reached());
  FastCgiClient waiting(address());
  waiting.send(get("/one"));
  ASSERT_TRUE(eventually([&] { return old_->load().waiting == 1; }));
  std::jthread fills([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) handover_->leave(listener_.descriptor());
  });
  ASSERT_TRUE(eventually([&] { return !handover_->leave(listener_.descriptor()); }));
  hand_over();
  gate_.open();
  EXPECT_EQ(busy.answer().text, "old");
  end_the_old();
  fills.request_stop();
  fills.join();
  start_the_new();
  EXPECT_THAT(waiting.answer().text, AnyOf("old", "new")) << "the old one, but for a free place";
}

/// A slow request that was handed over must not hold up those that were handed over with it.
TEST_F(AHandover, PassesOnRequestsSoThatNoneWaitsForAnother) {
  end_the_old_now();
  start_the_old(1);
  FastCgiClient busy(address());
  ASSERT_TRUE(busy.send(get("/slow")));
  ASSERT_TRUE(gate_.is_reached());
  std::vector<FastCgiClient> waiting;
  for (int i = 0; i < 6; ++i) {
    waiting.emplace_back(address());
    waiting.back().send(get(i % 2 ? "/quick" : "/slow"));
    ASSERT_TRUE(
        eventually([&] { return old_->load().waiting == static_cast<std::size_t>(i) + 1; }));
  }
  hand_over();
  start_the_new();
  for (std::size_t i = 1; i < 6; i += 2) EXPECT_EQ(waiting[i].answer().text, "new/quick");
  gate_.open();
  EXPECT_EQ(busy.answer().text, "old");
  for (std::size_t i = 0; i < 6; i += 2) EXPECT_EQ(waiting[i].answer().text, "new");
}

TEST_F(AHandover, ClosesConnectionsWhenTheNewServerStops) {
  FastCgiClient kept(address());
  ASSERT_EQ(kept.ask(get("/")), "old/");
  start_the_new();
  hand_over();
  ASSERT_TRUE(old_has_connections(0));
  ASSERT_EQ(kept.ask(get("/")), "new/");
  new_->stop();
  EXPECT_TRUE(kept.sees_close()) << "although the old one still runs";
}

TEST_F(AHandover, OfMoreThanItHoldsClosesTheRest) {
  std::vector<FastCgiClient> clients;
  for (int i = 0; i < 600; ++i) {
    clients.emplace_back(address());
    ASSERT_EQ(clients.back().ask(get("/")), "old/");
  }
  hand_over();
  end_the_old();
  start_the_new();
  std::size_t kept = 0;
  std::size_t closed = 0;
  for (FastCgiClient& client : clients) {
    const std::string answer = client.send(get("/")) ? client.answer().text : "";
    ++(answer == "new/" ? kept : closed);
  }
  EXPECT_GT(kept, 100u);
  EXPECT_GT(closed, 0u);
}

}  // namespace
}  // namespace shoal::fastcgi
