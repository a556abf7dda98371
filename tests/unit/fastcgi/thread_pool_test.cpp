// When threads of a server start and end.
#include "fastcgi/thread_pool.hpp"

#include <sched.h>

#include <thread>

#include "server_fixture.hpp"

namespace shoal::fastcgi {
namespace {

using system::eventually;
using test::get;

std::atomic<int> objects_made{0};
std::atomic<int> objects_destroyed{0};

struct ThreadLocalObject {
  ThreadLocalObject() { ++objects_made; }
  ~ThreadLocalObject() { ++objects_destroyed; }
  int uses = 0;
};

struct SlowToDestroy {
  explicit SlowToDestroy(test::Gate& gate) : gate_(gate) {}
  ~SlowToDestroy() { gate_.wait(); }
  test::Gate& gate_;
};

class AThreadPool : public AServer {
 protected:
  AThreadPool() {
    block("/slow");
    objects_made = objects_destroyed = 0;
    responder_.on("/object", [](Exchange& exchange) {
      thread_local ThreadLocalObject object;
      exchange.write("use " + std::to_string(++object.uses));
    });
    responder_.on("/slow-to-destroy", [this](Exchange& exchange) {
      thread_local const SlowToDestroy object(destructors_);
      exchange.write("made");
    });
  }

  ~AThreadPool() override {
    destructors_.open();
    end();
  }

  /// Has a thread end, which takes until destructors_ is opened.
  void end_a_thread_slowly() {
    ASSERT_EQ(client().ask(get("/slow-to-destroy")), "made");
    server_->renew_threads();
    ASSERT_TRUE(destructors_.is_reached());
  }

  FastCgiClient& send(const std::string& bytes) {
    clients_.push_back(std::make_unique<FastCgiClient>(address_));
    clients_.back()->send(bytes);
    return *clients_.back();
  }

  test::Gate destructors_;
  std::vector<std::unique_ptr<FastCgiClient>> clients_;
};

TEST_F(AThreadPool, HasOneThreadForEachLoopAtFirst) {
  start(one_loop(8));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(client().ask(get("/")), "/");
  end();
  EXPECT_GE(responder_.threads_started(), 1);
  EXPECT_EQ(responder_.threads_ended(), responder_.threads_started());
}

TEST_F(AThreadPool, StartsReserveThreadsForSlowHandlersUpToItsBound) {
  start(one_loop(4));
  for (int i = 0; i < 4; ++i) {
    send(get("/slow"));
    ASSERT_TRUE(gate_.is_reached(i + 1));
  }
  EXPECT_EQ(responder_.threads().size(), 4u);
  EXPECT_LT(*responder_.threads().rbegin(), 4u) << "numbers below the bound";
  FastCgiClient& waiting = send(get("/waiting"));
  ASSERT_TRUE(has_waiting(1));
  EXPECT_EQ(responder_.threads_started(), 4);
  gate_.open();
  EXPECT_EQ(waiting.answer().text, "/waiting");
  EXPECT_EQ(responder_.threads_started(), 4) << "no thread has ended meanwhile";
}

class Policies : public AThreadPool {
 protected:
  Policies() {
    responder_.on("/policy", [](Exchange& exchange) { exchange.write(policy()); });
    responder_.on("/long", [](Exchange& exchange) {
      exchange.will_take_long();
      std::thread([&] { exchange.write(policy()); }).join();
    });
  }

  static std::string policy() { return ::sched_getscheduler(0) == SCHED_BATCH ? "batch" : "usual"; }

  /// Returns the policy that a handler finds, after so many requests with a pause before each.
  std::string policy_after(int requests, std::chrono::microseconds pause) {
    FastCgiClient web_server = client();
    std::string policy;
    for (int i = 0; i < requests; ++i) {
      std::this_thread::sleep_for(pause);
      policy = web_server.ask(get("/policy"));
    }
    return policy;
  }
};

TEST_F(Policies, LetAFewRequestsInterruptWhatRuns) {
  start(one_loop(2));
  EXPECT_EQ(policy_after(20, std::chrono::milliseconds(5)), "usual");
}

TEST_F(Policies, ChangeWhileManyRequestsComeAndBackAfterwards) {
  start(one_loop(2));
  EXPECT_TRUE(eventually([&] { return policy_after(1'000, {}) == "batch"; }));
  EXPECT_TRUE(
      eventually([&] { return policy_after(20, std::chrono::milliseconds(5)) == "usual"; }));
}

TEST_F(Policies, AreUsualForAHandlerThatTakesLongAndWhatItStarts) {
  start(one_loop(2));
  EXPECT_TRUE(eventually([&] { return policy_after(1'000, {}) == "batch"; }));
  EXPECT_EQ(client().ask(get("/long")), "usual");
}

TEST_F(AThreadPool, UsesReserveThreadsAgain) {
  responder_.on("/long", [](Exchange& exchange) {
    exchange.will_take_long();
    exchange.write("long");
  });
  start(one_loop(3));
  FastCgiClient web_server = client();
  for (int i = 0; i < 200; ++i) ASSERT_EQ(web_server.ask(get("/long")), "long");
  EXPECT_LE(responder_.threads_started(), 3);
}

TEST_F(AThreadPool, EndsAllThreadsWhenTheServerEnds) {
  start({.threads = 8});
  for (int i = 0; i < 6; ++i) send(get("/slow"));
  ASSERT_TRUE(gate_.is_reached(6));
  end();
  EXPECT_EQ(responder_.threads_ended(), responder_.threads_started());
}

TEST_F(AThreadPool, DestroysTheThreadLocalObjectsOfThreadsThatAreRenewed) {
  start(one_thread());
  FastCgiClient web_server = client();
  EXPECT_EQ(web_server.ask(get("/object")), "use 1");
  EXPECT_EQ(web_server.ask(get("/object")), "use 2");
  server_->renew_threads();
  EXPECT_TRUE(eventually([] { return objects_destroyed == 1; })) << "also while it is idle";
  EXPECT_EQ(web_server.ask(get("/object")), "use 1");
  EXPECT_EQ(objects_made, 2);
}

TEST_F(AThreadPool, RenewsReserveThreadsThatAreIdle) {
  start(one_loop(4));
  for (int i = 0; i < 3; ++i) send(get("/slow"));
  ASSERT_TRUE(gate_.is_reached(3));
  gate_.open();
  for (auto& each : clients_) EXPECT_EQ(each->answer().text, "/slow");
  const int started = responder_.threads_started();
  server_->renew_threads();
  EXPECT_TRUE(eventually([&] { return responder_.threads_ended() >= started; }));
  EXPECT_EQ(client().ask(get("/then")), "/then");
}

TEST_F(AThreadPool, RenewsAThreadOnceItsRequestIsAnswered) {
  start(one_loop(2));
  FastCgiClient& slow = send(get("/slow"));
  ASSERT_TRUE(gate_.is_reached());
  EXPECT_EQ(client().ask(get("/")), "/");
  server_->renew_threads();
  EXPECT_TRUE(eventually([&] { return responder_.threads_ended() >= 1; })) << "the idle one";
  EXPECT_EQ(client().ask(get("/meanwhile")), "/meanwhile");
  gate_.open();
  EXPECT_EQ(slow.answer().text, "/slow");
  EXPECT_TRUE(eventually([&] { return responder_.threads_ended() >= 2; }));
}

TEST_F(AThreadPool, ServesRequestsThatWaitWhileItsOnlyThreadIsRenewed) {
  start(one_thread());
  FastCgiClient& slow = send(get("/slow"));
  ASSERT_TRUE(gate_.is_reached());
  FastCgiClient& waiting = send(get("/waiting"));
  ASSERT_TRUE(has_waiting(1));
  server_->renew_threads();
  gate_.open();
  EXPECT_EQ(slow.answer().text, "/slow");
  EXPECT_EQ(waiting.answer().text, "/waiting");
}

/// The last request of a route makes the next one ready, and its thread ends.
TEST_F(AThreadPool, ServesRequestsThatWaitForTheirRouteWhileThreadsAreRenewed) {
  block("/few");
  responder_.limit("/few", 1);
  start(one_loop(4));
  FastCgiClient& first = send(get("/few"));
  ASSERT_TRUE(gate_.is_reached());
  FastCgiClient& second = send(get("/few"));
  FastCgiClient& third = send(get("/few"));
  ASSERT_TRUE(has_waiting(2));
  server_->renew_threads();
  gate_.open();
  for (FastCgiClient* each : {&first, &second, &third}) EXPECT_EQ(each->answer().text, "/few");
}

TEST_F(AThreadPool, HoldsOrRefusesRequestsWhileTheObjectsOfItsOnlyThreadAreDestroyed) {
  start({.threads = 1, .queue = 1});
  end_a_thread_slowly();
  FastCgiClient& waiting = send(get("/waiting"));
  ASSERT_TRUE(has_waiting(1));
  EXPECT_EQ(client().ask(get("/refused")), "refused 503");
  destructors_.open();
  EXPECT_EQ(waiting.answer().text, "/waiting");
}

TEST_F(AThreadPool, AnswersWithItsOtherThreadsWhileTheObjectsOfOneAreDestroyed) {
  start(one_loop(3));
  end_a_thread_slowly();
  FastCgiClient& slow = send(get("/slow"));
  ASSERT_TRUE(gate_.is_reached());
  EXPECT_EQ(client().ask(get("/other")), "/other") << "the slow one was not noticed";
  gate_.open();
  EXPECT_EQ(slow.answer().text, "/slow");
}

TEST_F(AThreadPool, LosesNoRequestWhileThreadsAreRenewedUnderLoad) {
  responder_.on("/long", [](Exchange& exchange) {
    exchange.will_take_long();
    exchange.write("long");
  });
  start({.threads = 4});
  std::atomic<int> asked{0};
  std::vector<std::jthread> clients;
  for (int i = 0; i < 6; ++i) {
    clients.emplace_back([&, i] {
      FastCgiClient web_server = client();
      for (int ask = 0; ask < 300; ++ask, ++asked) {
        if (ask % 50 == 0) web_server = client();
        if (i % 2 == 0) {
          ASSERT_EQ(web_server.ask(get("/long")), "long");
        } else {
          ASSERT_EQ(web_server.ask(get("/object")).substr(0, 4), "use ");
        }
      }
    });
  }
  for (int round = 1; round <= 30; ++round) {
    EXPECT_TRUE(eventually([&] { return asked >= 50 * round; }));
    server_->renew_threads();
  }
  clients.clear();
  end();
  EXPECT_EQ(objects_destroyed, objects_made);
  EXPECT_EQ(responder_.threads_ended(), responder_.threads_started());
}

}  // namespace
}  // namespace shoal::fastcgi
