#include <gmock/gmock.h>
#include <signal.h>

#include "apache.hpp"
#include "eventually.hpp"
#include "other_servers.hpp"
#include "questions.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::EndsWith;
using ::testing::ValuesIn;

/// Where a container can be met: what a server's setup takes one of.
struct Place {
  fs::path socket;
  std::string address;
  fs::path configuration;
};

struct Front {
  std::string name;
  Server::Setup (*before)(const Place&);
  /// What becomes of cases in which it differs from the others: deploy/README.md tells.
  std::map<std::string, std::string> differs = {};
  bool starts_the_container = false;
  bool tells_cut_answers = true;  ///< else it may end them as if they were whole
};
void PrintTo(const Front& front, std::ostream* stream) { *stream << front.name; }

const Front kFronts[] = {
    {"Nginx", [](const Place& place) { return shipped_nginx(place.socket); }},
    {"ApacheOverUnix", [](const Place& place) { return apache_over_unix(place.socket); }},
    {"ApacheOverTcp", [](const Place& place) { return apache_over_tcp(place.address); }},
    {.name = "ApacheWithFcgid",
     .before = [](const Place& place) { return apache_with_fcgid(place.configuration); },
     .starts_the_container = true},
    {.name = "Lighttpd",
     .before = [](const Place& place) { return lighttpd(place.socket); },
     .tells_cut_answers = false},
    {.name = "Caddy",
     .before = [](const Place& place) { return caddy(place.socket); },
     .differs = {{"TwoSlashes", seen("GET", "/prefix//a", "//a", "body: \n")},
                 {"TwoSlashesInFront", seen("GET", "//prefix/a", "//prefix/a", "body: \n")},
                 {"Dots", seen("GET", "/prefix/./a/../b", "/./a/../b", "body: \n")},
                 {"DotsIntoAPrefix", seen("GET", "/x/../prefix/b", "/x/../prefix/b", "body: \n")},
                 {"EncodedDots", seen("GET", "/prefix/a/../b", "/a/../b", "body: \n")},
                 {"Delete", seen("DELETE", "/prefix/a", "/a",
                                 "header Content-Type: " + kForm + "\nbody: \n")}},
     .tells_cut_answers = false},
    {.name = "H2o",
     .before = [](const Place& place) { return h2o(place.socket); },
     .differs = {{"TwoSlashes", seen("GET", "/prefix//a", "//a", "body: \n")},
                 {"TwoSlashesInFront", seen("GET", "//prefix/a", "//prefix/a", "body: \n")}},
     .tells_cut_answers = false},
};

/// The container behind one of the servers; asked through it.
class UnderAServer : public Site, public ::testing::WithParamInterface<Front> {
 protected:
  UnderAServer() : UnderAServer("127.0.0.1:" + std::to_string(free_port())) {}

  void SetUp() override {
    drop("plain");
    drop("1", {"lone"});
    shell("mkdir $APPS/tank; cp $BUILT/plain/echo.so $APPS/tank/fish.so");
    write_settings();
    if (!GetParam().starts_the_container) start_container();
    server_.emplace(here() / "server",
                    GetParam().before({socket(), address_, here() / "shoal.yaml"}));
    visitor_.emplace(server_->port());
  }

  void TearDown() override {
    visitor_.reset();
    if (server_) server_->stop();
    Site::TearDown();
    if (HasFailure() && server_) std::cerr << "--- the server's log\n" << server_->log() << "---\n";
  }

  Answer get(const std::string& path) { return ask({.path = path}); }
  Answer ask(const Question& question) { return visitor_->ask(question); }
  Answer ask_in_chunks(const Question& question) { return visitor_->ask_in_chunks(question); }
  Answer answer_to(const Case& one) {
    return one.in_chunks ? ask_in_chunks(one.question) : ask(one.question);
  }

 private:
  explicit UnderAServer(const std::string& address)
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

TEST_P(UnderAServer, AModuleSeesWhatItSeesUnderAnyOther) {
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.name);
    const auto differs = GetParam().differs.find(one.name);
    EXPECT_EQ(as_seen(answer_to(one)),
              differs != GetParam().differs.end()
                  ? differs->second
                  : seen(one.question.method, one.path, one.path_info, one.rest));
  }
}

TEST_P(UnderAServer, StatusAndHeadersReachTheVisitor) {
  EXPECT_EQ(get("/answers/no-content").status, 204);
  EXPECT_EQ(get("/answers/nowhere").status, 404);
  EXPECT_EQ(get("/answers/teapot").status, 418);
  EXPECT_EQ(get("/answers/throws").status, 500);
  // cpp-httplib waits for the body of a 304 as long as the connection lasts.
  const Answer same = ask({.path = "/answers/not-modified", .headers = {{"Connection", "close"}}});
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.header("ETag"), "\"fish\"");
  const Answer elsewhere = get("/answers/redirect");
  EXPECT_EQ(elsewhere.status, 303);
  EXPECT_THAT(elsewhere.header("Location"), EndsWith("/answers/long"));
  const Answer refused = ask({.method = "DELETE", .path = "/answers/only-get"});
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.header("Allow"), "GET, HEAD");
  EXPECT_EQ(get("/answers/cookie").header("Set-Cookie"),
            "tank=deep; Path=/; HttpOnly; SameSite=Lax");
  EXPECT_EQ(get("/lone").generation(), "lone/1");
}

TEST_P(UnderAServer, LongHeadersReachTheVisitor) {
  const std::string text(4'200, 'x');
  EXPECT_EQ(get("/answers/headers?number=1").header("X-Big-0"), text);
  // Apache, and the visitor here, take lines of 8 KiB at most.
  EXPECT_EQ(get("/answers/headers?size=8000").header("X-Big-0"), std::string(8'000, 'x'));
  const Answer three = get("/answers/headers?number=3");
  EXPECT_EQ(three.status, 200);
  for (const char* name : {"X-Big-0", "X-Big-1", "X-Big-2"}) {
    EXPECT_EQ(three.header(name), text);
  }
}

TEST_P(UnderAServer, AnswersComeWhole) {
  const Answer lone = get("/lone");
  EXPECT_EQ(lone.body, "lone 1\n");
  EXPECT_EQ(lone.header("Content-Length"), "7");
  const Answer head = ask({.method = "HEAD", .path = "/lone"});
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.header("Content-Length"), "7");
  const Answer longer = get("/answers/long");
  EXPECT_EQ(longer.status, 200);
  EXPECT_EQ(longer.body.size(), std::size_t{3} << 20);
}

TEST_P(UnderAServer, AnAnswerThatFailsHalfwayIsNoWholeOne) {
  const Answer answer = get("/answers/throws-late");
  if (GetParam().tells_cut_answers) {
    EXPECT_NE(answer.status, 200) << answer.body;
  }
  EXPECT_EQ(get("/lone").body, "lone 1\n") << "the next one is served";
}

TEST_P(UnderAServer, ABodyOverTheLimitIsRefused) {
  const std::string large((1 << 20) + 1, 'b');
  EXPECT_EQ(ask({"POST", "/prefix", {{"Content-Type", kText}}, large}).status, 413);
  EXPECT_EQ(ask({"POST", "/prefix", {{"Content-Type", kText}}, large.substr(1)}).status, 200);
}

TEST_P(UnderAServer, ABodyInChunksThatIsOverTheLimitIsRefused) {
  const Question large{
      "POST", "/prefix", {{"Content-Type", kText}}, std::string((1 << 20) + 1, 'b')};
  EXPECT_EQ(ask_in_chunks(large).status, 413);
  EXPECT_EQ(get("/lone").body, "lone 1\n") << "the next one is served";
}

TEST_P(UnderAServer, TheContainerIsAskedAgainAfterItsEnd) {
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

INSTANTIATE_TEST_SUITE_P(, UnderAServer, ValuesIn(kFronts),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace shoal::system
