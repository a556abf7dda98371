#include <gmock/gmock.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "base/descriptor.hpp"
#include "eventually.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

const char kRoutes[] = "{ /lone: lone, /answers: answers, /tells: tells }";

class Logs : public Site {
 protected:
  explicit Logs(
      const std::string& log =
          "{ level: debug, file: stderr, access: { file: $HERE/access.log, format: json } }",
      const std::string& location = "", const std::string& under = "")
      : Site({.log = log, .routes = kRoutes, .location = location, .under = under}) {}

  void SetUp() override {
    drop("1", {"lone"});
    drop("plain");
    drop("tells");
    start();
  }

  /// The lines of the access log once there are so many of them: they are written after the
  /// answers.
  std::vector<std::string> lines(std::size_t number, const std::string& file = "access.log") {
    std::vector<std::string> lines;
    eventually([&] {
      lines.clear();
      std::istringstream text(contents(here() / file));
      for (std::string line; std::getline(text, line);) lines.push_back(line);
      return lines.size() >= number;
    });
    EXPECT_EQ(lines.size(), number);
    lines.resize(number);
    return lines;
  }
};

TEST_F(Logs, HaveALineInJsonForEachRequest) {
  const Answer answer = ask({.path = "/tells?line=x", .headers = {{"X-Request-Id", "mine-1"}}});
  EXPECT_EQ(get("/nowhere").status, 404);
  EXPECT_EQ(get("/answers/throws").status, 500);
  EXPECT_EQ(get("/answers/throws-late").status, 0);
  const auto written = lines(4);

  const json first = json::parse(written[0]);
  EXPECT_EQ(first["id"], "mine-1");
  EXPECT_EQ(first["method"], "GET");
  EXPECT_EQ(first["uri"], "/tells?line=x");
  EXPECT_EQ(first["status"], 200);
  EXPECT_EQ(first["bytes"], answer.body.size());
  EXPECT_EQ(first["module"], "tells");
  EXPECT_EQ(first["group"], "tells");
  EXPECT_EQ(first["generation"], 1);
  EXPECT_EQ(first["remote_addr"], "127.0.0.1");
  EXPECT_EQ(first["pid"], worker());
  EXPECT_EQ(json::parse(written[1])["status"], 404);
  EXPECT_TRUE(json::parse(written[1])["module"].is_null());
  EXPECT_EQ(json::parse(written[2])["status"], 500);
  EXPECT_EQ(json::parse(written[3])["whole"], false);
}

TEST_F(Logs, CarryTheIdOfTheRequestOnEachOfItsLines) {
  const Question asked{.path = "/tells?line=x", .headers = {{"X-Request-Id", "mine-2"}}};
  EXPECT_EQ(ask(asked).body, "mine-2");
  EXPECT_THAT(log(), HasSubstr(" warning: [mine-2] tells (tells/1): told x\n"));
  ask({.path = "/answers/throws", .headers = {{"X-Request-Id", "mine-3"}}});
  EXPECT_THAT(
      log(),
      HasSubstr(
          "[mine-3] GET /answers/throws: answers (answers/1): std::runtime_error: the secret"));
  ask({.path = "/nowhere", .headers = {{"X-Request-Id", "mine-4"}}});
  EXPECT_THAT(log(), HasSubstr("[mine-4] GET /nowhere: 404"));
}

TEST_F(Logs, HaveIdsOfTheirOwnWhereNobodyGaveAGoodOne) {
  const std::string made = get("/tells").body;
  EXPECT_THAT(made, MatchesRegex("[0-9a-f]{32}"));
  EXPECT_NE(get("/tells").body, made);
  EXPECT_THAT(log(), HasSubstr("[" + made + "] tells (tells/1): told nothing"));
  EXPECT_THAT(ask({.path = "/tells", .headers = {{"X-Request-Id", "a] forged"}}}).body,
              MatchesRegex("[0-9a-f]{32}"));
}

TEST_F(Logs, CannotBeForgedByVisitors) {
  const std::string forged = "a%0d%0a2030-01-01%2000:00:00.000%20%5b1%5d%20error:%20forged%1b%5b2J";
  get("/tells?line=" + forged);
  get("/" + forged);
  get("/answers/throws?" + forged);
  ask({.path = "/tells", .headers = {{"User-Agent", "\"} {\"forged\": 1\x1b[2J"}}});
  for (const auto& line : lines(4)) {
    EXPECT_EQ(json::parse(line).size(), 19u) << line;
    EXPECT_THAT(line, Not(HasSubstr("\x1b")));
  }
  std::istringstream text(log());
  for (std::string line; std::getline(text, line);) {
    EXPECT_FALSE(line.starts_with("2030")) << line;
    EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c >= ' ' || c < 0; })) << line;
  }
  EXPECT_THAT(log(), HasSubstr("told a\\x0d\\x0a2030-01-01 00:00:00.000 [1] error: forged\\x1b"));
}

TEST_F(Logs, CutLinesThatModulesMakeTooLong) {
  std::string said = "a";
  for (int i = 0; i < 700; ++i) said += "%c3%bc";  // an umlaut of two bytes
  for (int i = 0; i < 900; ++i) said += "%0a";
  get("/tells?line=" + said);
  std::istringstream text(log());
  std::string cut;
  for (std::string line; std::getline(text, line);) {
    EXPECT_LT(line.size(), 4'400u) << line;
    if (line.find(": told a") != std::string::npos) cut = line;
  }
  EXPECT_THAT(cut, HasSubstr("... ("));
  EXPECT_TRUE(cut.ends_with(" more bytes)")) << cut;
  EXPECT_EQ(lines(1).size(), 1u) << "its own line in the access log is another matter";
}

TEST_F(Logs, AreOpenedAgainByEveryProcessOnUsr1) {
  get("/lone");
  lines(1);
  fs::rename(here() / "access.log", here() / "access.log.1");
  container().send(SIGUSR1);
  ASSERT_TRUE(eventually([&] {
    get("/lone");
    return contents(here() / "access.log").find('\n') != std::string::npos;
  }));
  std::ifstream written(here() / "access.log");
  std::string first;
  std::getline(written, first);
  EXPECT_EQ(json::parse(first)["uri"], "/lone");
}

TEST_F(Logs, SayOnceThatTheContainerServesAsRoot) {
  container().send(SIGHUP);
  ASSERT_TRUE(eventually([&] { return said("the new configuration serves") == 1; }));
  EXPECT_EQ(said("warning: serving as root: "), ::geteuid() == 0 ? 1u : 0u);
}

class LogsBehindNginx : public Logs {
 protected:
  LogsBehindNginx()
      : Logs("{ file: stderr, access: { file: $HERE/access.log, format: \"%i %s\" } }",
             "fastcgi_param REQUEST_ID $request_id; access_log nginx.access ids;") {}
};

TEST_F(LogsBehindNginx, HaveTheIdsOfNginxWhateverTheVisitorSays) {
  ask({.path = "/lone", .headers = {{"X-Request-Id", "mine"}}});
  EXPECT_EQ(get("/nowhere").status, 404);
  const auto ours = lines(2);
  EXPECT_EQ(ours, lines(2, "nginx.access"));
  EXPECT_THAT(ours[0], MatchesRegex("[0-9a-f]{32} 200"));
}

class LogsInText : public Logs {
 protected:
  LogsInText() : Logs("{ file: stderr, access: $HERE/access.log }") {}
};

TEST_F(LogsInText, AreAsAWebServerWritesThem) {
  ask({.path = "/lone?a", .headers = {{"User-Agent", "fish \"net\" 1"}, {"X-Request-Id", "x"}}});
  EXPECT_THAT(lines(1)[0], MatchesRegex("127.0.0.1 - - \\[[^]]*\\] \"GET /lone\\?a\" 200 7 \"-\" "
                                        "\"fish \\\\x22net\\\\x22 1\" [0-9.]+ms lone/1 x"));
}

/// With standard error as systemd's services have it: a stream that JOURNAL_STREAM names.
class LogsToTheJournal : public Logs {
 protected:
  explicit LogsToTheJournal(const std::string& stream = "$(stat -L -c %d:%i /proc/self/fd/2)")
      : Logs("{ level: debug, file: stderr, access: { file: stderr, format: \"%s %i\" } }", "",
             "exec env JOURNAL_STREAM=" + stream + " \"$@\"") {}
};

TEST_F(LogsToTheJournal, HaveAPriorityAndNoTimeOfTheirOwn) {
  ask({.path = "/tells?line=a%0a<0>b", .headers = {{"X-Request-Id", "mine"}}});
  ask({.path = "/answers/throws", .headers = {{"X-Request-Id", "wrong"}}});
  ASSERT_TRUE(eventually([&] { return said("<6>500 wrong\n") == 1; }));
  EXPECT_EQ(said("<6>200 mine\n"), 1u);
  EXPECT_EQ(said("<4>[mine] tells (tells/1): told a\\x0a<0>b\n"), 1u);
  EXPECT_EQ(
      said("<3>[wrong] GET /answers/throws: answers (answers/1): std::runtime_error: the secret"),
      1u);
  EXPECT_EQ(said("<6>ready: "), 1u);
  EXPECT_GE(said("<7>"), 1u);

  shell("echo 'nonsense: 1' >> $HERE/shoal.yaml");
  container().send(SIGHUP);
  ASSERT_TRUE(eventually([&] { return said("<3>the new configuration is refused") == 1; }));
  shell("sed -i -e '/nonsense/d' -e 's/level: debug/level: info/' $HERE/shoal.yaml");
  container().send(SIGHUP);
  ASSERT_TRUE(eventually([&] { return said("<6>the new configuration serves\n") == 1; }));

  std::istringstream text(log());
  for (std::string line; std::getline(text, line);) {
    EXPECT_THAT(line, MatchesRegex("<[3467]>[^0-9].*|<6>[0-9]{3} [a-z0-9]+"));
  }
}

TEST_F(LogsToTheJournal, HaveAPriorityWhereTheContainerCannotStart) {
  shell("sed 's/^run:.*/run: [/' $HERE/shoal.yaml > $HERE/wrong.yaml");
  EXPECT_THAT(serve_to_the_end("wrong.yaml").output, StartsWith("<3>"));
}

class LogsBesideTheJournal : public LogsToTheJournal {
 protected:
  LogsBesideTheJournal() : LogsToTheJournal("1:2") {}
};

TEST_F(LogsBesideTheJournal, AreAsEverywhere) {
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_EQ(said("<6>"), 0u);
  EXPECT_THAT(log(), ContainsRegex("[0-9]{4}-[0-9]{2}-[0-9]{2} .* info: ready: "));
}

class LogsOnAFullDisk : public Logs {
 protected:
  LogsOnAFullDisk()
      : Logs("{ level: debug, file: stderr, access: { file: /dev/full, format: json } }") {}
};

TEST_F(LogsOnAFullDisk, CostNoRequest) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(get("/lone").status, 200);
  EXPECT_TRUE(eventually([&] { return said("No space left on device; lines are lost") > 0; }));
  EXPECT_EQ(said("lines are lost"), 1u);
}

/// A log service of the machine: what it is called in the settings, where it listens, and how an
/// error of a module and a line of the access log look to it.
struct Service {
  const char* name;
  const char* socket;
  const char* error;
  const char* access;
};
void PrintTo(const Service& service, std::ostream* stream) { *stream << service.name; }

const Service kServices[] = {
    {"syslog", "/dev/log", "<28>.*shoal\\[[0-9]+\\]: warning: \\[mine\\] tells .tells/1.: told a",
     "<30>.*shoal-access\\[[0-9]+\\]: 200 mine"},
    {"journald", "/run/systemd/journal/socket",
     "MESSAGE=\\[mine\\] tells .tells/1.: told a\\\\x0aPRIORITY=0\nPRIORITY=4\n"
     "SYSLOG_IDENTIFIER=shoal\n",
     "MESSAGE=200 mine\nPRIORITY=6\nSYSLOG_IDENTIFIER=shoal-access\n"}};

/// Those in whose place a test can listen: on a machine that runs one, that would be heard by it.
std::vector<Service> services_that_nobody_offers() {
  std::vector<Service> services;
  for (const auto& service : kServices) {
    if (::geteuid() == 0 && !fs::exists(service.socket)) services.push_back(service);
  }
  return services;
}

/// Listens in the place of a service, and writes what it hears into a file.
class Receiver {
 public:
  Receiver(const fs::path& socket, fs::path file) : path_(socket), file_(std::move(file)) {
    fs::create_directories(path_.parent_path());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.native().copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error(path_.native() + ": cannot listen there");
    }
    thread_ = std::thread([this] { listen(); });
  }
  ~Receiver() {
    ::shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
    fs::remove(path_);
  }

 private:
  void listen() {
    std::string piece(65'536, '\0');
    for (;;) {
      const ssize_t size = ::recv(socket_.get(), piece.data(), piece.size(), 0);
      if (size <= 0) return;
      std::ofstream(file_, std::ios::app)
          << piece.substr(0, static_cast<std::size_t>(size)) << '\n';
    }
  }

  const fs::path path_;
  const fs::path file_;
  const base::Descriptor socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  std::thread thread_;
};

class LogsOfAService : public Logs, public ::testing::WithParamInterface<Service> {
 protected:
  LogsOfAService()
      : Logs(std::string("{ file: ") + GetParam().name + ", access: { file: " + GetParam().name +
             ", format: \"%s %i\" } }") {}

  const Receiver receiver_{GetParam().socket, here() / "shoal.log"};
};

TEST_P(LogsOfAService, ReachItWithTheirPriority) {
  ask({.path = "/tells?line=a%0aPRIORITY%3d0", .headers = {{"X-Request-Id", "mine"}}});
  EXPECT_TRUE(
      eventually([&] { return ::testing::Matches(ContainsRegex(GetParam().error))(log()); }));
  EXPECT_TRUE(
      eventually([&] { return ::testing::Matches(ContainsRegex(GetParam().access))(log()); }));
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(LogsOfAService);
INSTANTIATE_TEST_SUITE_P(, LogsOfAService, ::testing::ValuesIn(services_that_nobody_offers()),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace shoal::system
