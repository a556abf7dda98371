// Stops and reloads of the configuration, while peers have sent half of something.
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <list>

#include "peers.hpp"

namespace shoal::system {
namespace {

using test::FastCgiClient;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class HandingOver : public Peers {
 protected:
  explicit HandingOver(const std::string& workers = "{ processes: 2, threads: 2, grace: 60s }",
                       const std::string& routes = "")
      : Peers({.workers = workers}, routes) {}

  /// Reloads the configuration, and waits until other processes have replaced all workers.
  void replace_workers() {
    const auto old = workers();
    container().send(SIGHUP);
    expect_replaced(old);
  }

  void expect_replaced(const std::vector<pid_t>& old) const {
    EXPECT_TRUE(eventually([&] {
      const auto now = workers();
      return now.size() == old.size() && std::ranges::none_of(now, [&](pid_t process) {
               return std::ranges::count(old, process) != 0;
             });
    })) << "an old process does not end";
  }

  /// Expects an answer of `/transfers/body` by a process that serves now.
  void expect_answer_of_a_new_process(const std::string& answer, const std::string& body) const {
    EXPECT_THAT(answer, EndsWith(read_of(body)));
    std::vector<std::string> processes;
    for (const pid_t each : workers()) processes.push_back(std::to_string(each));
    EXPECT_THAT(processes, ::testing::Contains(answer.substr(8, answer.find(',') - 8))) << answer;
  }
};

TEST_F(HandingOver, CompletesHeadsThatAreHalfSent) {
  const std::string request = post_of("cod");
  std::list<FastCgiClient> halves;
  for (const std::size_t sent : {3u, 20u, 60u}) {
    halves.push_back(peer());
    send_until_read(halves.back(), request.substr(0, sent));
    halves.push_back(peer());
    expect_usable(halves.back());  // a kept connection
    send_until_read(halves.back(), request.substr(0, sent));
  }
  replace_workers();
  std::size_t i = 0;
  for (auto& each : halves) {
    const std::size_t sent = std::array{3u, 20u, 60u}[i++ / 2];
    expect_answer_of_a_new_process(ask(each, request.substr(sent)), "cod");
    expect_usable(each);
  }
}

TEST_F(HandingOver, CompletesBodiesThatAreHalfSent) {
  for (const std::size_t size : {1'024, 100'000, 600'000}) {
    const std::string body = body_of(size);
    auto client = peer();
    send_until_read(client, post_head(size) + part_of_body(body.substr(0, size / 2)));
    auto chunked = tcp_peer();
    chunked.send(post_head({}) + part_of_body(body.substr(0, size / 2)));
    replace_workers();
    expect_answer_of_a_new_process(ask(client, test::stream(FCGI_STDIN, body.substr(size / 2))),
                                   body);
    expect_answer_of_a_new_process(ask(chunked, test::stream(FCGI_STDIN, body.substr(size / 2))),
                                   body);
    expect_usable(client);
  }
}

TEST_F(HandingOver, CompletesABodyOverSeveralReloads) {
  const std::string body = body_of(400'000);
  auto client = peer();
  client.send(post_head({}));
  for (std::size_t sent = 0; sent < body.size(); sent += 100'000) {
    send_until_read(client, part_of_body(body.substr(sent, 100'000)));
    replace_workers();
  }
  expect_answer_of_a_new_process(ask(client, end_of_body()), body);
}

TEST_F(HandingOver, KeepsIdleConnections) {
  std::list<FastCgiClient> idle;
  while (idle.size() < 100) {
    idle.push_back(idle.size() % 2 == 0 ? peer() : tcp_peer());
    if (idle.size() % 3 != 0) expect_usable(idle.back());
  }
  replace_workers();
  for (auto& each : idle) expect_usable(each);
}

TEST_F(HandingOver, LosesNoRequestUnderLoad) {
  std::list<FastCgiClient> halves;
  while (halves.size() < 20) {
    halves.push_back(peer());
    send_until_read(halves.back(), post_head(6) + part_of_body("cod"));
  }
  start_nginx();
  Visitors visitors(port(), 8, {"/lone"}, check_lone_1);
  for (int i = 0; i < 3; ++i) {
    visitors.wait_for_responses(100);
    replace_workers();
  }
  expect_no_failure(visitors);
  for (auto& each : halves) {
    expect_answer_of_a_new_process(ask(each, part_of_body("cod") + end_of_body()), "codcod");
  }
}

class QueuedRequests : public HandingOver {
 protected:
  QueuedRequests() : HandingOver("{ threads: 1, grace: 60s }") {}

  std::list<FastCgiClient> queue_requests() const {
    std::list<FastCgiClient> waiting;
    while (waiting.size() < 5) {
      waiting.push_back(peer());
      send_until_read(waiting.back(), post_of(body_of(200'000)));
    }
    return waiting;
  }
};

TEST_F(QueuedRequests, AreAnsweredAfterAReload) {
  const auto old = workers();
  auto holder = hold_thread();
  auto waiting = queue_requests();
  container().send(SIGHUP);
  EXPECT_TRUE(eventually([&] { return workers().size() == 2; })) << "the new one serves beside it";
  let_go_on();
  EXPECT_EQ(content(holder.answer()), "slow, but whole\n");
  for (auto& each : waiting)
    EXPECT_THAT(content(each.answer()), EndsWith(read_of(body_of(200'000))));
  expect_replaced(old);
  for (auto& each : waiting) expect_usable(each);
}

TEST_F(QueuedRequests, AreAnsweredBeforeTheContainerStops) {
  auto holder = hold_thread();
  auto waiting = queue_requests();
  container().send(SIGTERM);
  ASSERT_TRUE(eventually([&] { return said("stopping: ") == 1; }));
  let_go_on();
  EXPECT_EQ(content(holder.answer()), "slow, but whole\n");
  for (auto& each : waiting)
    EXPECT_THAT(content(each.answer()), EndsWith(read_of(body_of(200'000))));
  EXPECT_EQ(container().wait(), 0);
}

TEST_F(HandingOver, AStopClosesConnectionsWithoutARequest) {
  std::list<FastCgiClient> idle;
  while (idle.size() < 20) {
    idle.push_back(idle.size() % 2 == 0 ? peer() : tcp_peer());
    if (idle.size() % 3 != 0) expect_usable(idle.back());
  }
  EXPECT_EQ(stop_container(SIGTERM), 0);
  EXPECT_THAT(log(), Not(HasSubstr("workers.grace")));
  for (auto& each : idle) EXPECT_TRUE(each.sees_close());
}

TEST_F(HandingOver, AStopLetsRequestsThatHaveBegunEnd) {
  const std::string body = body_of(300'000);
  const std::string request = post_of(body);
  std::list<std::pair<std::size_t, FastCgiClient>> halves;
  for (const std::size_t sent : {40u, 1'000u, 200'000u}) {
    halves.emplace_back(sent, peer());
    expect_usable(halves.back().second);
    send_until_read(halves.back().second, request.substr(0, sent));
  }
  container().send(SIGTERM);
  ASSERT_TRUE(eventually([&] { return said("stopping: ") == 1; }));
  for (auto& [sent, each] : halves) {
    EXPECT_THAT(ask(each, request.substr(sent)), EndsWith(read_of(body))) << sent;
    EXPECT_TRUE(each.sees_close());
  }
  EXPECT_EQ(container().wait(), 0);
}

class WithoutGrace : public HandingOver {
 protected:
  WithoutGrace() : HandingOver("{ threads: 1, grace: 100ms }") {}
};

TEST_F(WithoutGrace, AStopEndsHalvesAndQueuedRequests) {
  std::list<FastCgiClient> peers;
  peers.push_back(hold_thread());
  for (const std::string& sent :
       {get_of("/lone").substr(0, 40), post_head(1'000'000) + part_of_body(body_of(300'000)),
        get_of("/lone")}) {
    peers.push_back(peer());
    send_until_read(peers.back(), sent);
  }
  EXPECT_EQ(stop_container(SIGTERM), 0);
  for (auto& each : peers) EXPECT_FALSE(each.answer().complete);
}

class StreamsAtReloads : public HandingOver {
 protected:
  StreamsAtReloads()
      : HandingOver("{ threads: 2, grace: 60s }",
                    ", /streamed: { module: transfers, body: stream }") {}
};

TEST_F(StreamsAtReloads, AreFinishedByTheirProcess) {
  const auto old = workers();
  auto client = peer();
  client.send(post_head(6, "/streamed/body?at=" + at("upload")) + part_of_body("cod"));
  EXPECT_TRUE(eventually([&] { return contents(here() / "upload.read") == "3"; }));
  container().send(SIGHUP);
  EXPECT_TRUE(eventually([&] { return workers().size() == 2; }));
  expect_answers(4);
  EXPECT_THAT(ask(client, part_of_body("cod") + end_of_body()), EndsWith(read_of("codcod")));
  expect_replaced(old);
  expect_usable(client);
}

}  // namespace
}  // namespace shoal::system
