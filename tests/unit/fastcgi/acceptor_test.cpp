#include "fastcgi/acceptor.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <thread>

#include "server_fixture.hpp"

namespace shoal::fastcgi {
namespace {

using std::chrono::milliseconds;
using system::eventually;
using test::get;
using ::testing::HasSubstr;

class OutOfDescriptors : public AServer {
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

  /// Makes connections that the server cannot accept, since it is out of descriptors.
  FastCgiClient waiting_client() {
    const base::Descriptor spare(::dup(STDERR_FILENO));
    return client();
  }

  rlimit usual_{};
};

TEST_F(OutOfDescriptors, PausesAcceptingAndThenServesThePeersThatWaited) {
  FastCgiClient waiting = client();  // in the backlog: nothing accepts yet
  waiting.send(get("/waited"));
  start();
  EXPECT_EQ(waiting.answer().text, "/waited");
  const int own = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const base::Descriptor socket(own);
  run_out();
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  address_.copy(name.sun_path, sizeof name.sun_path - 1, 5);
  const auto start = std::chrono::steady_clock::now();
  ASSERT_EQ(::connect(own, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  const std::string bytes = get("/waited");
  ASSERT_EQ(::send(own, bytes.data(), bytes.size(), 0), std::ssize(bytes));
  ASSERT_TRUE(eventually([&] { return server_->load().accept_pauses >= 3; }));
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(200)) << "it spins";
  EXPECT_GT(server_->load().last_accept_pause, std::chrono::system_clock::time_point());
  EXPECT_EQ(waiting.ask(get("/meanwhile")), "/meanwhile");
  relieve();
  std::string header(FCGI_HEADER_LEN, '\0');
  EXPECT_EQ(::recv(own, header.data(), header.size(), MSG_WAITALL), std::ssize(header));
}

TEST_F(OutOfDescriptors, PausesAcceptingWhileAllThreadsAreBusy) {
  block("/busy");
  start(one_thread());
  FastCgiClient busy = client();
  busy.send(get("/busy"));
  ASSERT_TRUE(gate_.is_reached());
  FastCgiClient kept = client();
  ASSERT_TRUE(has_connections(2));
  run_out();
  kept.send(get("/kept"));
  EXPECT_TRUE(has_waiting(1));
  gate_.open();
  EXPECT_EQ(busy.answer().text, "/busy");
  EXPECT_EQ(kept.answer().text, "/kept");
  relieve();
}

TEST_F(OutOfDescriptors, StillEndsPeersThatDribble) {
  start(one_thread({.read_timeout = milliseconds(100)}));
  FastCgiClient slow = client();
  ASSERT_TRUE(has_connections(1));
  run_out();
  while (slow.send("\1")) std::this_thread::sleep_for(milliseconds(5));
  EXPECT_TRUE(slow.sees_close());
}

TEST_F(OutOfDescriptors, StopsAllTheSame) {
  start(one_thread());
  FastCgiClient kept = client();
  ASSERT_EQ(kept.ask(get("/")), "/");
  run_out();
  server_->stop();
  EXPECT_TRUE(server_->finished_within(std::chrono::minutes(1)));
  EXPECT_TRUE(kept.sees_close());
}

class AnAcceptor : public AServer {};

TEST_F(AnAcceptor, LeavesNewConnectionsToOtherProcessesWhileAllThreadsAreBusy) {
  block("/busy");
  std::vector<Listener> shared;
  for (const Listener& listener : listeners_) shared.push_back(listener.share());
  start(one_loop(1));
  FastCgiClient busy = client();
  busy.send(get("/busy"));
  ASSERT_TRUE(gate_.is_reached());
  test::TestResponder free_responder("free");
  ServerRules rules = one_loop(1);
  rules.folder = folder_ / "";
  Server free_process(std::move(shared), nullptr, rules, free_responder);
  std::vector<FastCgiClient> fresh;
  for (std::size_t i = 0; i < 20; ++i) {
    fresh.push_back(client());
    fresh.back().send(get("/fresh"));
    ASSERT_TRUE(eventually([&] {
      return static_cast<std::size_t>(free_responder.calls()) + server_->load().waiting == i + 1;
    }));
  }
  EXPECT_GT(free_responder.calls(), 0) << "it has a head start";
  gate_.open();
  for (FastCgiClient& each : fresh) EXPECT_THAT(each.answer().text, HasSubstr("/fresh"));
  EXPECT_EQ(busy.answer().text, "/busy");
  free_process.stop();
  EXPECT_TRUE(free_process.finished_within(std::chrono::minutes(1)));
}

TEST_F(AnAcceptor, TakesConnectionsAfterAWhileThoughAllThreadsAreBusy) {
  block("/busy");
  start(one_loop(1));
  FastCgiClient busy = client();
  busy.send(get("/busy"));
  ASSERT_TRUE(gate_.is_reached());
  std::vector<FastCgiClient> others;
  for (int i = 0; i < 5; ++i) {
    others.push_back(client());
    others.back().send(get("/other"));
  }
  EXPECT_TRUE(has_waiting(5));
  gate_.open();
  for (FastCgiClient& each : others) EXPECT_EQ(each.answer().text, "/other");
}

}  // namespace
}  // namespace shoal::fastcgi
