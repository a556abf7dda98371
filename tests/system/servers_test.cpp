#include <gmock/gmock.h>
#include <signal.h>

#include "apache.hpp"
#include "echo_cases.hpp"
#include "eventually.hpp"
#include "other_servers.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::EndsWith;
using ::testing::ValuesIn;

/// How a web server can reach the container. Each server uses one of these.
struct Backend {
  fs::path socket;
  std::string address;
  fs::path configuration;
};

struct WebServer {
  std::string name;
  Server::Setup (*setup)(const Backend&);
  /// The responses of `echo` that differ from those behind the other servers, by the name of the
  /// case. deploy/README.md explains them.
  std::map<std::string, std::string> exceptions = {};
  bool starts_the_container = false;
  bool shows_incomplete_responses = true;  ///< false: it may end them as if they were complete
};
void PrintTo(const WebServer& server, std::ostream* stream) { *stream << server.name; }

const WebServer kWebServers[] = {
    {"Nginx", [](const Backend& backend) { return shipped_nginx(backend.socket); }},
    {"ApacheOverUnix", [](const Backend& backend) { return apache_over_unix(backend.socket); }},
    {"ApacheOverTcp", [](const Backend& backend) { return apache_over_tcp(backend.address); }},
    {.name = "ApacheWithFcgid",
     .setup = [](const Backend& backend) { return apache_with_fcgid(backend.configuration); },
     .starts_the_container = true},
    {.name = "Lighttpd",
     .setup = [](const Backend& backend) { return lighttpd(backend.socket); },
     .shows_incomplete_responses = false},
    {.name = "Caddy",
     .setup = [](const Backend& backend) { return caddy(backend.socket); },
     .exceptions = {{"TwoSlashes", echo_of("GET", "/prefix//a", "//a", "body: \n")},
                    {"TwoSlashesInFront", echo_of("GET", "//prefix/a", "//prefix/a", "body: \n")},
                    {"Dots", echo_of("GET", "/prefix/./a/../b", "/./a/../b", "body: \n")},
                    {"DotsIntoAPrefix",
                     echo_of("GET", "/x/../prefix/b", "/x/../prefix/b", "body: \n")},
                    {"EncodedDots", echo_of("GET", "/prefix/a/../b", "/a/../b", "body: \n")},
                    {"Delete", echo_of("DELETE", "/prefix/a", "/a",
                                       "header Content-Type: " + kForm + "\nbody: \n")}},
     .shows_incomplete_responses = false},
    {.name = "H2o",
     .setup = [](const Backend& backend) { return h2o(backend.socket); },
     .exceptions = {{"TwoSlashes", echo_of("GET", "/prefix//a", "//a", "body: \n")},
                    {"TwoSlashesInFront", echo_of("GET", "//prefix/a", "//prefix/a", "body: \n")}},
     .shows_incomplete_responses = false},
};

/// The container behind one of the web servers, which gets all requests.
class BehindAWebServer : public Site, public ::testing::WithParamInterface<WebServer> {
 protected:
  BehindAWebServer() : BehindAWebServer("127.0.0.1:" + std::to_string(free_port())) {}

  void SetUp() override {
    drop("plain");
    drop("1", {"lone"});
    shell("mkdir $APPS/tank; cp $BUILT/plain/echo.so $APPS/tank/fish.so");
    write_configuration();
    if (!GetParam().starts_the_container) start_container();
    server_.emplace(here() / "server",
                    GetParam().setup({socket(), address_, here() / "shoal.yaml"}));
    visitor_.emplace(server_->port());
  }

  void TearDown() override {
    visitor_.reset();
    if (server_) server_->stop();
    Site::TearDown();
    if (HasFailure() && server_) std::cerr << "--- the server's log\n" << server_->log() << "---\n";
  }

  Response get(const std::string& path) { return send({.path = path}); }
  Response send(const Request& request) { return visitor_->send(request); }
  Response send_in_chunks(const Request& request) { return visitor_->send_in_chunks(request); }
  Response response_to(const EchoCase& one) {
    return one.in_chunks ? send_in_chunks(one.request) : send(one.request);
  }

 private:
  explicit BehindAWebServer(const std::string& address)
      : Site({.listen = GetParam().starts_the_container
                            ? "fd:0"
                            : "[{ socket: \"unix:$HERE/shoal.sock\", mode: \"0600\" }, \"" +
                                  address + "\"]",
              .log = GetParam().starts_the_container ? "{ level: debug, file: shoal.log }"
                                                     : "{ level: debug, file: stderr }",
              .routes = "{ /: echo, /prefix: echo, /tank: tank, /lone: lone, /answers: answers }"}),
        address_(address) {}

  const std::string address_;
  std::optional<Server> server_;
  std::optional<Visitor> visitor_;
};

TEST_P(BehindAWebServer, AModuleSeesTheSameRequests) {
  for (const EchoCase& one : kEchoCases) {
    SCOPED_TRACE(one.name);
    const auto exception = GetParam().exceptions.find(one.name);
    EXPECT_EQ(echo_in(response_to(one)),
              exception != GetParam().exceptions.end()
                  ? exception->second
                  : echo_of(one.request.method, one.path, one.path_info, one.rest));
  }
}

TEST_P(BehindAWebServer, StatusAndHeadersReachTheVisitor) {
  EXPECT_EQ(get("/answers/no-content").status, 204);
  EXPECT_EQ(get("/answers/nowhere").status, 404);
  EXPECT_EQ(get("/answers/teapot").status, 418);
  EXPECT_EQ(get("/answers/throws").status, 500);
  // cpp-httplib waits for the body of a 304 as long as the connection is open.
  const Response not_modified =
      send({.path = "/answers/not-modified", .headers = {{"Connection", "close"}}});
  EXPECT_EQ(not_modified.status, 304);
  EXPECT_EQ(not_modified.header("ETag"), "\"fish\"");
  const Response redirect = get("/answers/redirect");
  EXPECT_EQ(redirect.status, 303);
  EXPECT_THAT(redirect.header("Location"), EndsWith("/answers/long"));
  const Response refused = send({.method = "DELETE", .path = "/answers/only-get"});
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.header("Allow"), "GET, HEAD");
  EXPECT_EQ(get("/answers/cookie").header("Set-Cookie"),
            "tank=deep; Path=/; HttpOnly; SameSite=Lax");
  EXPECT_EQ(get("/lone").generation(), "lone/1");
}

TEST_P(BehindAWebServer, LongHeadersReachTheVisitor) {
  const std::string text(4'200, 'x');
  EXPECT_EQ(get("/answers/headers?number=1").header("X-Big-0"), text);
  // Apache, and the visitor of this test, accept lines of up to 8 KiB.
  EXPECT_EQ(get("/answers/headers?size=8000").header("X-Big-0"), std::string(8'000, 'x'));
  const Response three = get("/answers/headers?number=3");
  EXPECT_EQ(three.status, 200);
  for (const char* name : {"X-Big-0", "X-Big-1", "X-Big-2"}) {
    EXPECT_EQ(three.header(name), text);
  }
}

TEST_P(BehindAWebServer, ResponsesAreComplete) {
  const Response lone = get("/lone");
  EXPECT_EQ(lone.body, "lone 1\n");
  EXPECT_EQ(lone.header("Content-Length"), "7");
  const Response head = send({.method = "HEAD", .path = "/lone"});
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.header("Content-Length"), "7");
  const Response longer = get("/answers/long");
  EXPECT_EQ(longer.status, 200);
  EXPECT_EQ(longer.body.size(), std::size_t{3} << 20);
}

TEST_P(BehindAWebServer, AResponseThatFailsHalfwayIsIncomplete) {
  const Response answer = get("/answers/throws-late");
  if (GetParam().shows_incomplete_responses) {
    EXPECT_NE(answer.status, 200) << answer.body;
  }
  EXPECT_EQ(get("/lone").body, "lone 1\n") << "the next request is served";
}

TEST_P(BehindAWebServer, ABodyOverTheLimitIsRefused) {
  const std::string large((1 << 20) + 1, 'b');
  EXPECT_EQ(send({"POST", "/prefix", {{"Content-Type", kText}}, large}).status, 413);
  EXPECT_EQ(send({"POST", "/prefix", {{"Content-Type", kText}}, large.substr(1)}).status, 200);
}

TEST_P(BehindAWebServer, AChunkedBodyOverTheLimitIsRefused) {
  const Request large{
      "POST", "/prefix", {{"Content-Type", kText}}, std::string((1 << 20) + 1, 'b')};
  EXPECT_EQ(send_in_chunks(large).status, 413);
  EXPECT_EQ(get("/lone").body, "lone 1\n") << "the next request is served";
}

TEST_P(BehindAWebServer, TheContainerIsReachedAgainAfterARestart) {
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  if (GetParam().starts_the_container) {
    ::kill(std::stoi(contents(here() / "run" / "shoal.pid")), SIGTERM);
    ASSERT_TRUE(eventually([&] { return said("stopped\n") == 1; }));
  } else {
    EXPECT_EQ(stop_container(SIGTERM), 0);
    EXPECT_THAT(get("/lone").status, AnyOf(502, 503));
    start_container();
  }
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 1\n"; }));
}

INSTANTIATE_TEST_SUITE_P(, BehindAWebServer, ValuesIn(kWebServers),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace shoal::system
