#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server_fixture.hpp"

namespace shoal::fastcgi {

/// Two servers, one after the other, on one listener. They answer with their name.
class AHandover : public ::testing::Test {
 protected:
  using FastCgiClient = test::FastCgiClient;

  AHandover() : listener_(UnixAddress{folder_ / "a.sock", std::nullopt, "", ""}, 1'024) {
    for (test::TestResponder* responder : {&old_responder_, &new_responder_}) {
      const std::string name = responder == &old_responder_ ? "old" : "new";
      for (const char* uri : {"/slow", "/one"}) {
        responder->on(uri, [this, name](Exchange& exchange) {
          gate_.wait();
          exchange.write(name);
        });
      }
      responder->limit("/one", 1);
      responder->limit("/bounded", 1);
    }
    start_the_old();
  }

  ~AHandover() override {
    gate_.open();
    end(old_);
    end(new_);
  }

  std::unique_ptr<Server> make(const Responder& responder, unsigned threads) {
    std::vector<Listener> shared;
    shared.push_back(listener_.share());
    ServerRules rules;
    rules.threads = threads;
    rules.folder = folder_ / "";
    return std::make_unique<Server>(std::move(shared), handover_, rules, responder);
  }

  void start_the_old(unsigned threads = 4) { old_ = make(old_responder_, threads); }
  void start_the_new() { new_ = make(new_responder_, 4); }

  void hand_over() { old_->hand_over(); }

  /// REQUIRES: hand_over was called.
  void end_the_old() { wait_for_end(old_); }
  void end_the_old_now() { end(old_); }

  /// The old server hands over and ends before the new one starts.
  void replace() {
    hand_over();
    end_the_old();
    start_the_new();
  }

  /// Ends the new server, and begins anew with the old one.
  void start_again() {
    end(new_);
    start_the_old();
  }

  bool old_has_connections(std::size_t count) const {
    return system::eventually([&] { return old_->load().connections == count; });
  }

  std::string address() const { return listener_.name(); }

  test::ScratchFolder folder_;
  const Listener listener_;
  const std::shared_ptr<const Handover> handover_ = std::make_shared<const Handover>();
  test::Gate gate_;
  test::TestResponder old_responder_{"old"};
  test::TestResponder new_responder_{"new"};
  std::unique_ptr<Server> old_;
  std::unique_ptr<Server> new_;

 private:
  static void wait_for_end(std::unique_ptr<Server>& server) {
    EXPECT_TRUE(server->finished_within(std::chrono::minutes(1)));
    server.reset();
  }

  static void end(std::unique_ptr<Server>& server) {
    if (!server) return;
    server->stop();
    wait_for_end(server);
  }
};

}  // namespace shoal::fastcgi
