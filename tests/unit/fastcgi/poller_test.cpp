#include "fastcgi/poller.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <functional>
#include <latch>
#include <thread>

#include "fastcgi_client.hpp"
#include "scratch_folder.hpp"
#include "system/eventually.hpp"

namespace shoal::fastcgi {
namespace {

using std::chrono::milliseconds;
using system::eventually;
using test::FastCgiClient;
using test::request;

/// A poller with worker threads that answer every request with its REQUEST_URI.
class APoller : public ::testing::Test {
 protected:
  using Handler = std::function<void(Exchange&)>;

  ~APoller() override { end(); }

  void open(Limits limits) {
    std::vector<Listener> listeners;
    listeners.emplace_back(UnixAddress{folder_ / "a.sock", std::nullopt, "", ""}, 1'024);
    listeners.emplace_back(TcpAddress{"127.0.0.1", 0, {}}, 1'024);
    address_ = listeners[0].name();
    tcp_address_ = listeners[1].name();
    poller_.emplace(std::move(listeners), limits);
  }

  void work(unsigned threads, Handler handler = echo) {
    for (unsigned i = 0; i < threads; ++i)
      workers_.emplace_back([this, handler] { serve(handler); });
  }

  void serve(const Handler& handler) {
    while (auto connection = poller_->next()) {
      const auto exchange = Exchange::read(*connection);
      if (!exchange) continue;
      handler(*exchange);
      if (exchange->finish()) poller_->keep(std::move(connection));
    }
  }

  static void echo(Exchange& exchange) { exchange.write(*exchange.param("REQUEST_URI")); }

  static std::string get(const std::string& path) { return request({{"REQUEST_URI", path}}); }

  /// Stops the poller and waits for the workers.
  void end() {
    if (!poller_) return;
    poller_->stop();
    workers_.clear();
  }

  test::ScratchFolder folder_;
  std::string address_;
  std::string tcp_address_;
  std::optional<Poller> poller_;
  std::vector<std::jthread> workers_;  // die before the poller
};

TEST_F(APoller, ServesManyRequestsOnOneConnection) {
  open({});
  work(2);
  FastCgiClient client(address_);
  for (int i = 0; i < 100; ++i)
    ASSERT_EQ(client.ask(get("/" + std::to_string(i))), "/" + std::to_string(i));
  EXPECT_EQ(poller_->connections(), 1u);
}

TEST_F(APoller, ServesUnixAndTcpSideBySide) {
  open({});
  work(1);
  FastCgiClient by_file(address_);
  FastCgiClient by_port(tcp_address_);
  EXPECT_EQ(by_file.ask(get("/file")), "/file");
  EXPECT_EQ(by_port.ask(get("/port")), "/port");
  EXPECT_EQ(by_file.ask(get("/again")), "/again");
}

TEST_F(APoller, ServesManyClientsAtOnce) {
  open({});
  work(4);
  std::vector<std::jthread> clients;
  for (int i = 0; i < 16; ++i)
    clients.emplace_back([this, i] {
      const std::string path = "/" + std::to_string(i);
      for (int round = 0; round < 10; ++round) {
        FastCgiClient client(address_);
        for (int ask = 0; ask < 10; ++ask) EXPECT_EQ(client.ask(get(path)), path);
      }
    });
}

TEST_F(APoller, HoldsNoThreadFor500IdleConnections) {
  open({});
  work(1);
  std::vector<FastCgiClient> idle;
  for (int i = 0; i < 500; ++i) {
    idle.emplace_back(address_);
    ASSERT_EQ(idle.back().ask(get("/")), "/");
  }
  EXPECT_EQ(poller_->connections(), 500u);
  FastCgiClient another(address_);
  EXPECT_EQ(another.ask(get("/another")), "/another");
  EXPECT_EQ(idle.front().ask(get("/first")), "/first");
}

TEST_F(APoller, HoldsNoThreadForPeersThatSendNothing) {
  open({});
  work(1);
  std::vector<FastCgiClient> silent;
  for (int i = 0; i < 50; ++i) silent.emplace_back(address_);
  FastCgiClient another(address_);
  EXPECT_EQ(another.ask(get("/another")), "/another");
  EXPECT_EQ(silent.back().ask(get("/late")), "/late");
}

TEST_F(APoller, ForgetsPeersThatLeave) {
  open({});
  work(1);
  {
    FastCgiClient kept(address_);
    ASSERT_EQ(kept.ask(get("/")), "/");
    const FastCgiClient silent(address_);
    ASSERT_TRUE(eventually([&] { return poller_->connections() == 2; }));
  }
  EXPECT_TRUE(eventually([&] { return poller_->connections() == 0; }));
}

TEST_F(APoller, ClosesConnectionsThatAreIdleForTooLong) {
  open({.idle_timeout = milliseconds(100)});
  work(1);
  FastCgiClient kept(address_);
  ASSERT_EQ(kept.ask(get("/")), "/");
  FastCgiClient silent(address_);
  EXPECT_TRUE(kept.sees_close());
  EXPECT_TRUE(silent.sees_close());
  EXPECT_TRUE(eventually([&] { return poller_->connections() == 0; }));
}

TEST_F(APoller, ClosesIdleConnectionsWhileAllWorkersAreBusy) {
  open({.idle_timeout = milliseconds(100)});
  std::latch let_go(1);
  work(1, [&](Exchange& exchange) {
    if (exchange.param("REQUEST_URI") == "/long") let_go.wait();
    echo(exchange);
  });
  FastCgiClient idle(address_);
  ASSERT_EQ(idle.ask(get("/")), "/");
  FastCgiClient busy(address_);
  busy.send(get("/long"));
  EXPECT_TRUE(idle.sees_close());
  let_go.count_down();
  EXPECT_EQ(busy.answer().text, "/long") << "a request at work has no deadline";
}

TEST_F(APoller, IsNotHeldUpByAPeerThatDribblesItsHead) {
  open({.read_timeout = milliseconds(200)});
  work(1);
  FastCgiClient slow(address_);
  const std::string head = get("/" + std::string(60'000, 's'));
  std::size_t sent = 0;
  // Each byte comes well within the timeout; all of them would take minutes.
  while (sent < head.size() && slow.send(head.substr(sent, 1))) {
    ++sent;
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_LT(sent, head.size()) << "the whole head was waited for";
  FastCgiClient another(address_);
  EXPECT_EQ(another.ask(get("/another")), "/another");
}

TEST_F(APoller, SurvivesGarbageFromManyPeers) {
  open({.read_timeout = milliseconds(200)});
  work(2);
  std::vector<FastCgiClient> peers;
  for (int i = 0; i < 40; ++i) {
    peers.emplace_back(i % 2 ? address_ : tcp_address_);
    peers.back().send(std::string(static_cast<std::size_t>(i) * 37 + 1, static_cast<char>(i)));
  }
  FastCgiClient another(address_);
  EXPECT_EQ(another.ask(get("/another")), "/another");
  for (FastCgiClient& peer : peers) EXPECT_TRUE(peer.sees_close());
}

TEST_F(APoller, ReturnsNothingToAnyThreadOnceStopped) {
  open({});
  work(4);
  poller_->stop();
  poller_->stop();
  workers_.clear();
  EXPECT_FALSE(poller_->next());
}

TEST_F(APoller, ClosesIdleConnectionsAndAcceptsNoMoreOnceStopped) {
  open({});
  work(2);
  FastCgiClient kept(address_);
  ASSERT_EQ(kept.ask(get("/")), "/");
  FastCgiClient silent(tcp_address_);
  ASSERT_TRUE(eventually([&] { return poller_->connections() == 2; }));
  end();
  EXPECT_TRUE(kept.sees_close());
  EXPECT_TRUE(silent.sees_close());
  EXPECT_THROW(FastCgiClient{address_}, std::runtime_error);
  EXPECT_THROW(FastCgiClient{tcp_address_}, std::runtime_error);
}

TEST_F(APoller, LetsARequestFinishThatRunsWhenItIsStopped) {
  open({});
  std::latch arrived(1);
  std::latch let_go(1);
  work(1, [&](Exchange& exchange) {
    arrived.count_down();
    let_go.wait();
    echo(exchange);
  });
  FastCgiClient client(address_);
  client.send(get("/last"));
  arrived.wait();
  poller_->stop();
  let_go.count_down();
  const test::Answer answer = client.answer();
  EXPECT_EQ(answer.text, "/last");
  EXPECT_TRUE(answer.complete);
  EXPECT_TRUE(client.sees_close()) << "and it is not kept";
}

TEST_F(APoller, ServesRequestsThatHadArrivedWhenItIsStopped) {
  open({});
  std::vector<FastCgiClient> clients;
  {
    std::latch answered(1);
    std::latch let_go(1);
    work(1, [&](Exchange& exchange) {
      echo(exchange);
      if (exchange.param("REQUEST_URI") == "/hold") {
        exchange.flush();
        answered.count_down();
        let_go.wait();
      }
    });
    for (int i = 0; i < 5; ++i) {
      clients.emplace_back(address_);
      ASSERT_EQ(clients.back().ask(get("/")), "/");
    }
    FastCgiClient holding(address_);
    holding.send(get("/hold"));
    answered.wait();
    for (FastCgiClient& client : clients) client.send(get("/arrived"));
    poller_->stop();
    let_go.count_down();
    workers_.clear();
  }
  for (FastCgiClient& client : clients) EXPECT_EQ(client.answer().text, "/arrived");
}

std::string question_about(const std::vector<std::string>& names, int padding = 0) {
  std::string pairs;
  for (const auto& name : names) pairs += test::pairs({{name, ""}});
  return test::record(FCGI_GET_VALUES, pairs, /*id=*/0, padding);
}

TEST_F(APoller, TellsItsValuesToAServerThatAsksNothingElseYet) {
  open({});
  work(1);
  FastCgiClient client(address_);
  const auto ask = [&](const std::string& question) {
    client.send(question);
    const auto told = client.receive();
    return told && told->first == FCGI_GET_VALUES_RESULT ? told->second : "nothing";
  };
  const std::string no = test::pairs({{"FCGI_MPXS_CONNS", "0"}});
  EXPECT_EQ(ask(question_about({"FCGI_MAX_REQS", "FCGI_MPXS_CONNS"})), no);
  EXPECT_EQ(ask(question_about({"FCGI_MPXS_CONNS"}, 7)), no);
  EXPECT_EQ(ask(question_about({"FCGI_MAX_CONNS"})), "");
  EXPECT_EQ(ask(test::record(FCGI_GET_VALUES, "\xff\xff\xff", 0)), "");
  EXPECT_EQ(ask(test::record(FCGI_GET_VALUES, "\x7f\x01short", 0)), "");
  EXPECT_EQ(client.ask(get("/then")), "/then");
}

TEST_F(APoller, TellsItsValuesToManyWhileNobodyHasAThread) {
  open({});
  work(1);
  std::vector<FastCgiClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back(address_).send(question_about({"FCGI_MPXS_CONNS"}));
    EXPECT_TRUE(clients.back().receive());
  }
  FastCgiClient other(address_);
  EXPECT_EQ(other.ask(get("/other")), "/other") << "one who asks and then waits holds no thread";
  for (auto& client : clients) EXPECT_EQ(client.ask(get("/")), "/");
}

TEST_F(APoller, AcceptsAllWhoComeAtOnce) {
  open({});
  std::vector<FastCgiClient> clients;
  for (int i = 0; i < 200; ++i) clients.emplace_back(address_).send(get("/"));
  work(3);
  for (auto& client : clients) EXPECT_EQ(client.answer().text, "/");
}

class OutOfDescriptors : public APoller {
 protected:
  OutOfDescriptors() { ::getrlimit(RLIMIT_NOFILE, &usual_); }
  ~OutOfDescriptors() override { relieve(); }

  /// From here on no descriptor can be had.
  void run_out() {
    const base::Descriptor lowest_free(::dup(STDERR_FILENO));
    rlimit none = usual_;
    none.rlim_cur = static_cast<rlim_t>(lowest_free.get());
    ::setrlimit(RLIMIT_NOFILE, &none);
  }

  void relieve() { ::setrlimit(RLIMIT_NOFILE, &usual_); }

  rlimit usual_{};
};

TEST_F(OutOfDescriptors, PausesAcceptingAndThenServesWhoWaited) {
  open({});
  FastCgiClient waiting(address_);  // in the backlog: no thread accepts yet
  waiting.send(get("/waited"));
  run_out();
  const auto start = std::chrono::steady_clock::now();
  work(2);
  ASSERT_TRUE(eventually([&] { return poller_->accept_pauses() >= 3; }));
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(200)) << "it spins";
  EXPECT_GT(poller_->last_accept_pause(), std::chrono::system_clock::time_point());
  relieve();
  EXPECT_EQ(waiting.answer().text, "/waited");
}

TEST_F(OutOfDescriptors, ServesTheConnectionsItHasMeanwhile) {
  open({});
  work(1);
  FastCgiClient kept(address_);
  ASSERT_EQ(kept.ask(get("/")), "/");
  FastCgiClient waiting(address_);
  ASSERT_TRUE(eventually([&] { return poller_->connections() == 2; }));
  run_out();
  EXPECT_EQ(kept.ask(get("/meanwhile")), "/meanwhile");
  relieve();
}

TEST_F(OutOfDescriptors, StillEndsPeersThatDribble) {
  open({.read_timeout = milliseconds(100)});
  FastCgiClient slow(address_);
  work(1);
  ASSERT_TRUE(eventually([&] { return poller_->connections() == 1; }));
  run_out();
  while (slow.send("\1")) std::this_thread::sleep_for(milliseconds(5));
  EXPECT_TRUE(slow.sees_close());
}

}  // namespace
}  // namespace shoal::fastcgi
