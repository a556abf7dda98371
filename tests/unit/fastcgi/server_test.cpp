#include "fastcgi/server.hpp"

#include <thread>

#include "server_fixture.hpp"

namespace shoal::fastcgi {
namespace {

using std::chrono::milliseconds;
using test::get;

TEST_F(AServer, ServesManyRequestsOnOneConnection) {
  start();
  FastCgiClient web_server = client();
  for (int i = 0; i < 100; ++i) {
    const std::string path = "/" + std::to_string(i);
    ASSERT_EQ(web_server.ask(get(path)), path);
  }
  EXPECT_EQ(server_->load().connections, 1u);
}

TEST_F(AServer, ServesUnixAndTcpSideBySide) {
  start(one_thread());
  FastCgiClient by_file = client();
  FastCgiClient by_port = tcp_client();
  EXPECT_EQ(by_file.ask(get("/file")), "/file");
  EXPECT_EQ(by_port.ask(get("/port")), "/port");
  EXPECT_EQ(by_file.ask(get("/again")), "/again");
}

TEST_F(AServer, ServesManyClientsAtOnce) {
  for (const auto& rules : {ServerRules{}, one_loop(4), one_thread()}) {
    test::ScratchFolder folder;
    std::vector<Listener> listeners;
    listeners.emplace_back(UnixAddress{folder / "b.sock", std::nullopt, "", ""}, 1'024);
    const std::string address = listeners[0].name();
    ServerRules with_folder = rules;
    with_folder.folder = folder / "";
    Server server(std::move(listeners), nullptr, with_folder, responder_);
    std::vector<std::jthread> clients;
    for (int i = 0; i < 16; ++i) {
      clients.emplace_back([&, i] {
        const std::string path = "/" + std::to_string(i);
        for (int round = 0; round < 10; ++round) {
          FastCgiClient web_server(address);
          for (int ask = 0; ask < 10; ++ask) EXPECT_EQ(web_server.ask(get(path)), path);
        }
      });
    }
    clients.clear();
    server.stop();
    EXPECT_TRUE(server.finished_within(std::chrono::minutes(1)));
  }
}

TEST_F(AServer, HoldsNoThreadFor500IdleConnections) {
  start(one_thread());
  std::vector<FastCgiClient> idle;
  for (int i = 0; i < 500; ++i) {
    idle.push_back(client());
    ASSERT_EQ(idle.back().ask(get("/")), "/");
  }
  EXPECT_EQ(server_->load().connections, 500u);
  EXPECT_EQ(client().ask(get("/another")), "/another");
  EXPECT_EQ(idle.front().ask(get("/first")), "/first");
}

TEST_F(AServer, HoldsNoThreadFor500PeersWithHalfAHead) {
  start(one_thread());
  std::vector<FastCgiClient> slow;
  const std::string whole = get("/slow");
  for (int i = 0; i < 500; ++i) {
    slow.push_back(client());
    slow.back().send(whole.substr(0, whole.size() / 2));
  }
  EXPECT_EQ(client().ask(get("/another")), "/another");
  slow.back().send(whole.substr(whole.size() / 2));
  EXPECT_EQ(slow.back().answer().text, "/slow");
}

TEST_F(AServer, HoldsNoThreadForPeersThatSendNothing) {
  start(one_thread());
  std::vector<FastCgiClient> silent;
  for (int i = 0; i < 50; ++i) silent.push_back(client());
  EXPECT_EQ(client().ask(get("/another")), "/another");
  EXPECT_EQ(silent.back().ask(get("/late")), "/late");
}

TEST_F(AServer, ForgetsPeersThatLeave) {
  start();
  {
    FastCgiClient kept = client();
    ASSERT_EQ(kept.ask(get("/")), "/");
    const FastCgiClient silent = client();
    ASSERT_TRUE(has_connections(2));
  }
  EXPECT_TRUE(has_connections(0));
}

TEST_F(AServer, SurvivesGarbageFromManyPeers) {
  start({.limits = {.read_timeout = milliseconds(200)}});
  std::vector<FastCgiClient> peers;
  for (int i = 0; i < 40; ++i) {
    peers.push_back(i % 2 ? client() : tcp_client());
    peers.back().send(std::string(static_cast<std::size_t>(i) * 37 + 1, static_cast<char>(i)));
  }
  EXPECT_EQ(client().ask(get("/another")), "/another");
  // A record of version 1 that nothing follows is skipped, so that its peer is only idle.
  for (FastCgiClient& peer : peers) peer.finish_sending();
  for (FastCgiClient& peer : peers) EXPECT_TRUE(peer.sees_close());
}

std::string question_about(const std::vector<std::string>& names, int padding = 0) {
  std::string pairs;
  for (const auto& name : names) pairs += test::pairs({{name, ""}});
  return test::record(FCGI_GET_VALUES, pairs, /*id=*/0, padding);
}

TEST_F(AServer, TellsItsValuesToAWebServerThatAsksNothingElseYet) {
  start(one_thread());
  FastCgiClient web_server = client();
  const auto ask = [&](const std::string& question) {
    web_server.send(question);
    const auto told = web_server.receive();
    return told && told->first == FCGI_GET_VALUES_RESULT ? told->second : "nothing";
  };
  const std::string no = test::pairs({{"FCGI_MPXS_CONNS", "0"}});
  EXPECT_EQ(ask(question_about({"FCGI_MAX_REQS", "FCGI_MPXS_CONNS"})), no);
  EXPECT_EQ(ask(question_about({"FCGI_MPXS_CONNS"}, 7)), no);
  EXPECT_EQ(ask(question_about({"FCGI_MAX_CONNS"})), "");
  EXPECT_EQ(web_server.ask(get("/then")), "/then");
}

TEST_F(AServer, TellsItsValuesWhileAllThreadsAreBusy) {
  block("/busy");
  start(one_thread());
  FastCgiClient busy = client();
  busy.send(get("/busy"));
  ASSERT_TRUE(gate_.is_reached());
  std::vector<FastCgiClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(client());
    clients.back().send(question_about({"FCGI_MPXS_CONNS"}));
    EXPECT_TRUE(clients.back().receive());
  }
  gate_.open();
  for (FastCgiClient& each : clients) EXPECT_EQ(each.ask(get("/")), "/");
}

TEST_F(AServer, AcceptsAllThatConnectAtOnce) {
  std::vector<FastCgiClient> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(client());
    clients.back().send(get("/"));
  }
  start(one_loop(3));
  for (FastCgiClient& each : clients) EXPECT_EQ(each.answer().text, "/");
}

}  // namespace
}  // namespace shoal::fastcgi
