// Handovers at any moment while web servers ask.
#include <unistd.h>

#include <atomic>
#include <random>

#include "handover_fixture.hpp"

namespace shoal::fastcgi {
namespace {

using system::eventually;
using test::get;
using test::post_to;

class AHandoverUnderLoad : public AHandover {
 protected:
  /// Web servers that ask until `over_`, each as `ask` says.
  template <typename Ask>
  void start_clients(int count, Ask ask) {
    for (int i = 0; i < count; ++i) {
      clients_.emplace_back([this, ask] {
        FastCgiClient client(address());
        while (!over_) {
          if (!ask(client)) ++failed_;
          ++asked_;
        }
      });
    }
  }

  /// Has one server take the place of the other so many times; then expects that all was answered.
  void replace_under_load(int times, int asks_between) {
    for (int i = 1; i <= times && failed_ == 0; ++i) {
      ASSERT_TRUE(eventually([&] { return asked_ > 2 * asks_between * i || failed_ != 0; }));
      start_the_new();
      hand_over();
      end_the_old();
      const int middle = 2 * asks_between * i + asks_between;
      ASSERT_TRUE(eventually([&] { return asked_ > middle || failed_ != 0; }));
      start_the_old();
      new_->hand_over();
      EXPECT_TRUE(new_->finished_within(std::chrono::minutes(1)));
      new_.reset();
    }
    over_ = true;
    clients_.clear();
    EXPECT_EQ(failed_, 0);
  }

  ~AHandoverUnderLoad() override {
    over_ = true;
    gate_.open();
    clients_.clear();
  }

  std::atomic<bool> over_{false};
  std::atomic<int> asked_{0};
  std::atomic<int> failed_{0};
  std::vector<std::jthread> clients_;
};

TEST_F(AHandoverUnderLoad, LosesNoShortRequest) {
  start_clients(4, [](FastCgiClient& client) {
    const std::string answer = client.ask(get("/"));
    return answer == "old/" || answer == "new/";
  });
  replace_under_load(20, 25);
}

TEST_F(AHandoverUnderLoad, LosesNoRequestThatComesInPieces) {
  start_clients(4, [](FastCgiClient& client) {
    static const std::string body = test::pattern(200'000);
    const std::string whole = post_to("/p", body);
    thread_local std::minstd_rand random(static_cast<unsigned>(::gettid()));
    for (std::size_t at = 0; at < whole.size();) {
      const std::size_t size = 1 + random() % 60'000;
      client.send(std::string_view(whole).substr(at, size));
      at += size;
      std::this_thread::yield();
    }
    const std::string answer = client.answer().text;
    return answer == "old/p" + body || answer == "new/p" + body;
  });
  replace_under_load(8, 10);
}

TEST_F(AHandoverUnderLoad, LosesNoRequestThatWaitsForItsRoute) {
  start_clients(6, [](FastCgiClient& client) {
    const std::string answer = client.ask(get("/bounded"));
    return answer == "old/bounded" || answer == "new/bounded";
  });
  replace_under_load(20, 25);
}

}  // namespace
}  // namespace shoal::fastcgi
