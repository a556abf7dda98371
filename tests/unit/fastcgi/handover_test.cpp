// One process ends and another serves in its place: here, two pollers on one handover.
#include "fastcgi/handover.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "fastcgi/poller.hpp"
#include "fastcgi_client.hpp"
#include "scratch_folder.hpp"
#include "system/eventually.hpp"

namespace shoal::fastcgi {
namespace {

using system::eventually;
using test::FastCgiClient;
using test::request;

/// A poller with two worker threads, which answer with their name.
class Server {
 public:
  Server(std::string name, std::vector<Listener> listeners,
         std::shared_ptr<const Handover> handover)
      : name_(std::move(name)), poller_(std::move(listeners), {}, std::move(handover)) {
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { serve(); });
  }
  ~Server() { poller_.stop(); }

  Poller& poller() { return poller_; }

  /// Blocks every request that begins from here on, until `go` is down.
  void block(std::latch& reached, std::latch& go) {
    reached_ = &reached;
    go_ = &go;
  }

 private:
  void serve() {
    while (auto connection = poller_.next()) {
      const auto exchange = Exchange::read(*connection);
      if (!exchange) continue;
      if (auto* reached = reached_.load()) {
        reached->count_down();
        go_.load()->wait();
      }
      exchange->write(name_);
      if (exchange->finish()) poller_.keep(std::move(connection));
    }
  }

  const std::string name_;
  std::atomic<std::latch*> go_{nullptr};
  std::atomic<std::latch*> reached_{nullptr};
  Poller poller_;
  std::vector<std::jthread> threads_;
};

class AHandover : public ::testing::Test {
 protected:
  AHandover() : listener_(UnixAddress{folder_ / "a.sock", std::nullopt, "", ""}, 1'024) {
    std::vector<Listener> shared;
    shared.push_back(listener_.share());
    old_.emplace("old", std::move(shared), handover_);
  }

  void start_the_new() {
    std::vector<Listener> shared;
    shared.push_back(listener_.share());
    new_.emplace("new", std::move(shared), handover_);
  }

  std::string address() const { return listener_.name(); }

  static std::string ask(FastCgiClient& client) { return client.ask(request({})); }

  test::ScratchFolder folder_;
  const Listener listener_;
  const std::shared_ptr<const Handover> handover_ = std::make_shared<const Handover>();
  std::optional<Server> old_;
  std::optional<Server> new_;
};

TEST_F(AHandover, KeepsConnectionsOpenThatAreIdle) {
  FastCgiClient kept(address());
  ASSERT_EQ(ask(kept), "old");
  old_->poller().hand_over();
  start_the_new();
  EXPECT_EQ(ask(kept), "new");
  old_.reset();
  EXPECT_EQ(ask(kept), "new");
}

TEST_F(AHandover, KeepsThoseOpenThatHaveNotAskedYet) {
  FastCgiClient fresh(address());
  ASSERT_TRUE(eventually([&] { return old_->poller().connections() == 1; }));
  old_->poller().hand_over();
  old_.reset();
  start_the_new();
  EXPECT_EQ(ask(fresh), "new");
}

TEST_F(AHandover, LosesNoRequestThatIsSentMeanwhile) {
  FastCgiClient kept(address());
  ASSERT_EQ(ask(kept), "old");
  old_->poller().hand_over();
  old_.reset();
  ASSERT_TRUE(kept.send(request({}))) << "nobody reads it yet";
  start_the_new();
  EXPECT_EQ(kept.answer().text, "new");
}

TEST_F(AHandover, PassesOnAConnectionWhenItsRequestIsDone) {
  std::latch reached(1);
  std::latch go(1);
  old_->block(reached, go);
  FastCgiClient busy(address());
  ASSERT_TRUE(busy.send(request({})));
  reached.wait();
  old_->poller().hand_over();
  start_the_new();
  go.count_down();
  EXPECT_EQ(busy.answer().text, "old");
  EXPECT_EQ(ask(busy), "new");
}

TEST_F(AHandover, ClosesConnectionsForTheirPeersAsBefore) {
  FastCgiClient kept(address());
  ASSERT_EQ(ask(kept), "old");
  start_the_new();
  old_->poller().hand_over();
  ASSERT_EQ(ask(kept), "new");
  new_->poller().stop();
  EXPECT_TRUE(kept.sees_close()) << "although the old one still runs";
}

TEST_F(AHandover, OfMoreThanItHoldsClosesTheRest) {
  std::vector<std::unique_ptr<FastCgiClient>> clients;
  for (int i = 0; i < 600; ++i) {
    clients.push_back(std::make_unique<FastCgiClient>(address()));
    ASSERT_EQ(ask(*clients.back()), "old");
  }
  old_->poller().hand_over();
  old_.reset();
  start_the_new();
  std::size_t kept = 0;
  std::size_t closed = 0;
  for (auto& client : clients) {
    const std::string answer = client->send(request({})) ? client->answer().text : "";
    ++(answer == "new" ? kept : closed);
  }
  EXPECT_GT(kept, 100u);
  EXPECT_GT(closed, 0u);
}

TEST_F(AHandover, HoldsUnderLoad) {
  std::atomic<bool> over{false};
  std::atomic<int> asked{0};
  std::atomic<int> failed{0};
  std::vector<std::jthread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      FastCgiClient client(address());
      while (!over) {
        const std::string answer = ask(client);
        if (answer != "old" && answer != "new") ++failed;
        ++asked;
      }
    });
  }
  for (int i = 1; i <= 20; ++i) {
    ASSERT_TRUE(eventually([&] { return asked > 50 * i; }));
    start_the_new();
    old_->poller().hand_over();
    old_.reset();
    ASSERT_TRUE(eventually([&] { return asked > 50 * i + 25; }));
    std::vector<Listener> shared;
    shared.push_back(listener_.share());
    old_.emplace("old", std::move(shared), handover_);
    new_->poller().hand_over();
    new_.reset();
  }
  over = true;
  clients.clear();
  EXPECT_EQ(failed, 0);
}

}  // namespace
}  // namespace shoal::fastcgi
