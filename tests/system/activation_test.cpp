// Listening sockets that another program opens and passes to the container: systemd, or spawn-fcgi.
// They stay open as long as the service runs, in whatever configuration.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <future>
#include <iostream>

#include "built.hpp"
#include "eventually.hpp"
#include "listening.hpp"
#include "site.hpp"
#include "unit/fastcgi/fastcgi_client.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// Passes a socket as systemd does: as descriptor 3. The test passes it to this shell as 0.
const char kAsSystemd[] =
    "exec 3<&0 0</dev/null; LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=shoal.socket exec \"$@\"";

/// Returns how many descriptors of the process refer to this socket.
std::size_t descriptors_of(pid_t process, int socket) {
  struct stat wanted {};
  ::fstat(socket, &wanted);
  const fs::directory_iterator all("/proc/" + std::to_string(process) + "/fd");
  return static_cast<std::size_t>(std::count_if(begin(all), end(all), [&](const auto& entry) {
    struct stat one {};
    return ::stat(entry.path().c_str(), &one) == 0 && one.st_ino == wanted.st_ino &&
           S_ISSOCK(one.st_mode);
  }));
}

class PassedSocket : public Site {
 protected:
  explicit PassedSocket(SiteOptions options)
      : Site(std::move(options)), listener_(listen_on(socket())) {}

  void SetUp() override {
    drop("1", {"lone"});
    start_container(listener_.get());
    start_nginx();
  }

  /// Has the configuration reloaded, and waits for this outcome in the log.
  void reload(const std::string& outcome = "the new configuration serves") {
    const std::size_t before = said(outcome);
    container().send(SIGHUP);
    ASSERT_TRUE(eventually([&] { return said(outcome) > before; }));
  }

  void reload_with(const std::string& listen,
                   const std::string& outcome = "the new configuration serves") {
    const std::string text = contents(here() / "shoal.yaml");
    write_file(here() / "shoal.yaml", "listen: " + listen + text.substr(text.find('\n')));
    reload(outcome);
  }

  void expect_service_across_reloads() {
    EXPECT_EQ(get("/lone").body, "lone 1\n");
    for (int i = 0; i < 5; ++i) {
      reload();
      EXPECT_EQ(get("/lone").body, "lone 1\n") << "after reload " << i + 1;
    }
    EXPECT_EQ(said("is refused"), 0u);
    ASSERT_TRUE(eventually([&] { return workers().size() == 1; }));
    EXPECT_EQ(descriptors_of(worker(), listener_.get()), 1u)
        << "the worker must not inherit the supervisor's descriptor as well";
  }

  void expect_service_after_another_socket(const std::string& listen) {
    reload_with("\"unix:" + (here() / "other.sock").native() + "\"");
    auto waiting = std::async(std::launch::async, [this] { return Visitor(port()).get("/lone"); });
    reload_with("[" + listen + ", \"unix:/dev/null/shoal.sock\"]", "is refused");
    reload_with(listen);
    EXPECT_EQ(waiting.get().body, "lone 1\n") << "the request waits in the socket's backlog";
    EXPECT_EQ(get("/lone").body, "lone 1\n");
    reload();
    EXPECT_EQ(get("/lone").body, "lone 1\n");
  }

  const base::Descriptor listener_;
};

class SocketOfSystemd : public PassedSocket {
 protected:
  SocketOfSystemd()
      : PassedSocket({.listen = "systemd",
                      .workers = "{ threads: 4, grace: 60s }",
                      .next_upstream = "error",
                      .wrapper = kAsSystemd}) {}
};

TEST_F(SocketOfSystemd, IsServedAcrossConfigurationReloads) { expect_service_across_reloads(); }

TEST_F(SocketOfSystemd, IsServedAgainAfterAConfigurationWithAnotherSocket) {
  expect_service_after_another_socket("systemd");
}

// The figure is in tests/README.md.
TEST_F(SocketOfSystemd, LosesNoRequestWhenTheContainerRestarts) {
  Visitors visitors(port(), 4, {"/lone"}, check_lone);
  for (int i = 0; i < 3; ++i) {
    visitors.wait_for_responses(100);
    EXPECT_EQ(stop_container(SIGTERM), 0);
    start_container(listener_.get());
  }
  visitors.wait_for_responses(100);
  print_cost("three restarts, systemd holding the socket", expect_no_failure(visitors));
}

/// The constructor of `lone` waits in the worker, without which that has nothing to serve.
class SocketOfASlowStart : public PassedSocket {
 protected:
  SocketOfASlowStart()
      : PassedSocket(
            {.listen = "systemd",
             .workers = "{ threads: 4, grace: 100ms }",
             .sweep = "{ settle: 500ms, wait: 60s, probe: false }",  // else the probe waits
             .modules = "{ lone: { meet: $HERE/meeting } }",
             .wrapper = kAsSystemd}) {}

  void SetUp() override {
    drop("slow_to_make", {"lone"});
    write_configuration();
  }

  /// Starts a container, sends it the signal while it starts, and waits for its end.
  void interrupt_a_start(int signal) {
    fs::remove(here() / "meeting.reached");
    Process starting({"/bin/sh", "-c", kAsSystemd, "shoal", built::kContainer, "serve", "-c",
                      here() / "shoal.yaml"},
                     here() / "shoal.log", {}, listener_.get());
    expect_waiting();
    starting.send(signal);
    starting.wait();
  }
};

TEST_F(SocketOfASlowStart, KeepsTheRequestsInItsBacklogWhenTheStartIsInterrupted) {
  std::vector<test::FastCgiClient> visitors;
  for (int i = 0; i < 20; ++i) {
    visitors.emplace_back("unix:" + socket().native());
    visitors.back().send(test::request({{"SCRIPT_NAME", "/lone"}, {"REQUEST_METHOD", "GET"}}));
  }
  for (int i = 0; i < 3; ++i) {
    interrupt_a_start(SIGTERM);
    interrupt_a_start(SIGKILL);
  }
  let_go_on();
  start_container(listener_.get());
  for (auto& visitor : visitors) EXPECT_THAT(visitor.answer().text, HasSubstr("lone late\n"));
}

class SocketOfSpawnFcgi : public PassedSocket {
 protected:
  SocketOfSpawnFcgi() : PassedSocket({.listen = "\"fd:0\"", .next_upstream = "error"}) {}
};

TEST_F(SocketOfSpawnFcgi, IsServedAcrossConfigurationReloads) { expect_service_across_reloads(); }

TEST_F(SocketOfSpawnFcgi, IsServedAgainAfterAConfigurationWithAnotherSocket) {
  expect_service_after_another_socket("\"fd:0\"");
}

TEST_F(SocketOfSpawnFcgi, IsTheOnlyDescriptorThatAConfigurationMayName) {
  // One of the others is the control socket, which listens, too.
  for (int number = 1; number < 20; ++number) {
    reload_with("\"fd:" + std::to_string(number) + "\"", "is refused");
  }
  EXPECT_EQ(said(": no listening socket was open there when Shoal started; start it through a "
                 "program that leaves it one"),
            19u);
  EXPECT_EQ(get("/lone").body, "lone 1\n");
}

/// The container started by the real systemd-socket-activate, with two sockets that have names.
class TwoSocketsOfSystemd : public Site {
 protected:
  TwoSocketsOfSystemd() : Site({.listen = "systemd", .log = "{ level: debug, file: shoal.log }"}) {}

  /// Returns the command that opens these sockets and executes the container at the first
  /// connection.
  std::vector<std::string> activate(const std::vector<std::string>& sockets,
                                    const std::string& names) const {
    std::vector<std::string> words{"systemd-socket-activate", "--fdname=" + names};
    for (const auto& socket : sockets) words.push_back("--listen=" + (here() / socket).native());
    // It passes on only the variables of the environment that the command line names.
    for (const char* name : {"ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"}) {
      const char* const value = std::getenv(name);
      if (value != nullptr) words.push_back(std::string("--setenv=") + name + "=" + value);
    }
    words.insert(words.end(), {built::kContainer, "serve", "-c", here() / "shoal.yaml"});
    return words;
  }

  std::string answer_at(const char* name) const {
    return test::FastCgiClient("unix:" + (here() / name).native())
        .ask(test::request({{"SCRIPT_NAME", "/lone"}, {"REQUEST_METHOD", "GET"}}));
  }
};

TEST_F(TwoSocketsOfSystemd, AreBothServedAcrossConfigurationReloads) {
  drop("1", {"lone"});
  write_configuration();
  Process container(activate({"a.sock", "b.sock"}, "web:more"), here() / "activate.log");
  ASSERT_TRUE(eventually([&] { return fs::exists(here() / "b.sock"); }));
  EXPECT_THAT(answer_at("a.sock"), HasSubstr("lone 1\n")) << contents(here() / "activate.log");
  for (std::size_t i = 1; i <= 5; ++i) {
    ASSERT_TRUE(eventually([&] { return said("ready: ") == 1; }));
    container.send(SIGHUP);
    ASSERT_TRUE(eventually([&] { return said("the new configuration serves") == i; })) << log();
    EXPECT_THAT(answer_at("a.sock"), HasSubstr("lone 1\n"));
    EXPECT_THAT(answer_at("b.sock"), HasSubstr("lone 1\n"));
  }
  container.send(SIGTERM);
  EXPECT_EQ(container.wait(), 0);
}

}  // namespace
}  // namespace shoal::system
