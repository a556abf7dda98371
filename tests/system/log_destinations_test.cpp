// Where the log and the access log go: to the journal, to syslog, or to a full disk.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <thread>

#include "base/descriptor.hpp"
#include "eventually.hpp"
#include "logs.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainsRegex;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

/// Standard error is the stream that JOURNAL_STREAM names, as in a service of systemd.
class LogsToTheJournal : public Logs {
 protected:
  explicit LogsToTheJournal(const std::string& stream = "$(stat -L -c %d:%i /proc/self/fd/2)")
      : Logs("{ level: debug, file: stderr, access: { file: stderr, format: \"%s %i\" } }", "",
             "exec env JOURNAL_STREAM=" + stream + " \"$@\"") {}
};

TEST_F(LogsToTheJournal, HaveAPriorityAndNoTime) {
  send({.path = "/tells?line=a%0a<0>b", .headers = {{"X-Request-Id", "mine"}}});
  send({.path = "/answers/throws", .headers = {{"X-Request-Id", "wrong"}}});
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

  for (const auto& line : log_lines()) {
    EXPECT_THAT(line, MatchesRegex("<[3467]>[^0-9].*|<6>[0-9]{3} [a-z0-9]+"));
  }
}

TEST_F(LogsToTheJournal, HaveAPriorityWhenTheContainerCannotStart) {
  shell("sed 's/^run:.*/run: [/' $HERE/shoal.yaml > $HERE/wrong.yaml");
  EXPECT_THAT(serve_until_exit("wrong.yaml").output, StartsWith("<3>"));
}

/// JOURNAL_STREAM names another stream.
class LogsBesideTheJournal : public LogsToTheJournal {
 protected:
  LogsBesideTheJournal() : LogsToTheJournal("1:2") {}
};

TEST_F(LogsBesideTheJournal, HaveATimeAndNoPriority) {
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  EXPECT_EQ(said("<6>"), 0u);
  EXPECT_THAT(log(), ContainsRegex("[0-9]{4}-[0-9]{2}-[0-9]{2} .* info: ready: "));
}

class LogsOnAFullDisk : public Logs {
 protected:
  LogsOnAFullDisk()
      : Logs("{ level: debug, file: stderr, access: { file: /dev/full, format: json } }") {}
};

TEST_F(LogsOnAFullDisk, LoseLinesButNoRequest) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(get("/lone").status, 200);
  EXPECT_TRUE(eventually([&] { return said("No space left on device; lines are lost") > 0; }));
  EXPECT_EQ(said("lines are lost"), 1u);
}

/// A log service of the machine.
struct Service {
  const char* name;    ///< in the configuration
  const char* socket;  ///< where it listens
  const char* error;   ///< what it receives for a warning of a module
  const char* access;  ///< what it receives for a line of the access log
};
void PrintTo(const Service& service, std::ostream* stream) { *stream << service.name; }

const Service kServices[] = {
    {"syslog", "/dev/log", "<28>.*shoal\\[[0-9]+\\]: warning: \\[mine\\] tells .tells/1.: told a",
     "<30>.*shoal-access\\[[0-9]+\\]: 200 mine"},
    {"journald", "/run/systemd/journal/socket",
     "MESSAGE=\\[mine\\] tells .tells/1.: told a\\\\x0aPRIORITY=0\nPRIORITY=4\n"
     "SYSLOG_IDENTIFIER=shoal\n",
     "MESSAGE=200 mine\nPRIORITY=6\nSYSLOG_IDENTIFIER=shoal-access\n"}};

/// Returns the services that a test can replace: as root, if the machine does not run them.
std::vector<Service> services_not_running() {
  std::vector<Service> services;
  for (const auto& service : kServices) {
    if (::geteuid() == 0 && !fs::exists(service.socket)) services.push_back(service);
  }
  return services;
}

/// Listens in the place of a service, and writes what it receives into a file.
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

class LogsToAService : public Logs, public ::testing::WithParamInterface<Service> {
 protected:
  LogsToAService()
      : Logs(std::string("{ file: ") + GetParam().name + ", access: { file: " + GetParam().name +
             ", format: \"%s %i\" } }") {}

  const Receiver receiver_{GetParam().socket, here() / "shoal.log"};
};

TEST_P(LogsToAService, ArriveWithTheirPriority) {
  send({.path = "/tells?line=a%0aPRIORITY%3d0", .headers = {{"X-Request-Id", "mine"}}});
  EXPECT_TRUE(
      eventually([&] { return ::testing::Matches(ContainsRegex(GetParam().error))(log()); }));
  EXPECT_TRUE(
      eventually([&] { return ::testing::Matches(ContainsRegex(GetParam().access))(log()); }));
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(LogsToAService);
INSTANTIATE_TEST_SUITE_P(, LogsToAService, ::testing::ValuesIn(services_not_running()),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace shoal::system
