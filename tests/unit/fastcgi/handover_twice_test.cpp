// A connection is handed over again before its bytes of the first handover were all read.
#include "handover_fixture.hpp"

namespace shoal::fastcgi {
namespace {

using system::eventually;
using test::get;
using test::post_to;

/// Three servers, one after the other. The first two have a busy route, on which requests wait.
class ASecondHandover : public AHandover {
 protected:
  static constexpr int kBehind = 600;  // requests; more than one read takes

  ASecondHandover() {
    clients_.emplace_back(address());
    clients_.back().send(get("/one"));
    EXPECT_TRUE(gate_.is_reached());
    add_waiting(get("/one"));  // keeps the route busy in the second server
  }

  ~ASecondHandover() override {
    gate_.open();
    if (!last_) return;
    last_->stop();
    EXPECT_TRUE(last_->finished_within(std::chrono::minutes(1)));
  }

  /// Has a request wait in the first server, and others come behind it.
  void add_waiting(const std::string& bytes) {
    clients_.emplace_back(address());
    clients_.back().send(bytes);
    EXPECT_TRUE(eventually([&] { return old_->load().waiting == clients_.size() - 1; }));
  }

  static std::string with_others_behind(std::string request) {
    for (int i = 0; i < kBehind; ++i) request += get("/" + std::to_string(i));
    return request;
  }

  void hand_over_twice() {
    hand_over();
    start_the_new();
    EXPECT_TRUE(gate_.is_reached(2));
    EXPECT_TRUE(eventually([&] { return new_->load().waiting == clients_.size() - 2; }));
    new_->hand_over();
    EXPECT_TRUE(eventually([&] { return new_->load().connections == 1; }));
    last_ = make(last_responder_, 4);
  }

  static void expect_others(FastCgiClient& client) {
    for (int i = 0; i < kBehind; ++i) ASSERT_EQ(client.answer().text, "last/" + std::to_string(i));
  }

  std::vector<FastCgiClient> clients_;

 private:
  test::TestResponder last_responder_{"last"};
  std::unique_ptr<Server> last_;
};

TEST_F(ASecondHandover, LosesNoByteBehindARequestThatWaits) {
  // Of various sizes: how much lies behind the request in one read depends on them.
  std::vector<std::string> bodies;
  for (std::size_t i = 0; i < 8; ++i) {
    bodies.push_back(test::pattern((40 << 10) + i * 2'000));
    add_waiting(with_others_behind(post_to("/one", bodies.back())));
  }
  hand_over_twice();
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    FastCgiClient& client = clients_[i + 2];
    ASSERT_TRUE(client.answer().text == "last/one" + bodies[i]) << i;
    expect_others(client);
  }
}

TEST_F(ASecondHandover, LosesNoByteOfABodyThatIsStreamed) {
  new_responder_.stream("/one");  // the first server has collected it
  const std::string body = test::pattern(40 << 10);
  add_waiting(with_others_behind(post_to("/one", body)));
  hand_over_twice();
  ASSERT_TRUE(clients_[2].answer().text == "last/one" + body);
  expect_others(clients_[2]);
}

}  // namespace
}  // namespace shoal::fastcgi
