// Sockets that another program opens and hands in: systemd, or spawn-fcgi. They belong to the whole
// life of the service, not to one configuration.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
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

/// As systemd starts a service: sockets from descriptor 3 on. The test's own is handed in as 0.
const char kAsSystemd[] =
    "exec 3<&0 0</dev/null; LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=shoal.socket exec \"$@\"";

/// Returns how many descriptors of the process are this socket.
std::size_t held_by(pid_t process, int socket) {
  struct stat wanted {};
  ::fstat(socket, &wanted);
  const fs::directory_iterator all("/proc/" + std::to_string(process) + "/fd");
  return static_cast<std::size_t>(std::count_if(begin(all), end(all), [&](const auto& entry) {
    struct stat one {};
    return ::stat(entry.path().c_str(), &one) == 0 && one.st_ino == wanted.st_ino &&
           S_ISSOCK(one.st_mode);
  }));
}

class HandedIn : public Site {
 protected:
  explicit HandedIn(Plan plan) : Site(std::move(plan)), listener_(listen_on(socket())) {}

  void SetUp() override {
    drop("1", {"lone"});
    start_container(listener_.get());
    start_nginx();
  }

  /// Sends SIGHUP and waits for what comes of it.
  void hang_up(const std::string& outcome = "the new configuration serves") {
    const std::size_t before = said(outcome);
    container().send(SIGHUP);
    ASSERT_TRUE(eventually([&] { return said(outcome) > before; }));
  }

  void hang_up_with(const std::string& listen,
                    const std::string& outcome = "the new configuration serves") {
    const std::string text = contents(here() / "shoal.yaml");
    std::ofstream(here() / "shoal.yaml") << "listen: " << listen << text.substr(text.find('\n'));
    hang_up(outcome);
  }

  void expect_served_through_hangups() {
    EXPECT_EQ(get("/lone").body, "lone 1\n");
    for (int i = 0; i < 5; ++i) {
      hang_up();
      EXPECT_EQ(get("/lone").body, "lone 1\n") << "after " << i + 1;
    }
    EXPECT_EQ(said("is refused"), 0u);
    ASSERT_TRUE(eventually([&] { return workers().size() == 1; }));
    EXPECT_EQ(held_by(worker(), listener_.get()), 1u) << "and not the supervisor's as well";
  }

  void expect_taken_up_again(const std::string& listen) {
    hang_up_with("\"unix:" + (here() / "other.sock").native() + "\"");
    auto waiting = std::async(std::launch::async, [this] { return Visitor(port()).get("/lone"); });
    hang_up_with("[" + listen + ", \"unix:/dev/null/shoal.sock\"]", "is refused");
    hang_up_with(listen);
    EXPECT_EQ(waiting.get().body, "lone 1\n") << "it has waited in the socket";
    EXPECT_EQ(get("/lone").body, "lone 1\n");
    hang_up();
    EXPECT_EQ(get("/lone").body, "lone 1\n");
  }

  const base::Descriptor listener_;
};

class Activated : public HandedIn {
 protected:
  explicit Activated(const std::string& workers = "{ threads: 4, grace: 60s }")
      : HandedIn({.listen = "systemd",
                  .workers = workers,
                  .next_upstream = "error",
                  .under = kAsSystemd}) {}
};

TEST_F(Activated, IsServedThroughFiveHangups) { expect_served_through_hangups(); }

TEST_F(Activated, IsTakenUpAgainAfterAnotherConfiguration) { expect_taken_up_again("systemd"); }

// The figure is in tests/README.md.
TEST_F(Activated, ARestartLosesNothing) {
  Clients clients(port(), 4, {"/lone"}, not_lone);
  for (int i = 0; i < 3; ++i) {
    clients.ask_for(100);
    EXPECT_EQ(stop_container(SIGTERM), 0);
    start_container(listener_.get());
  }
  clients.ask_for(100);
  const auto [requests, failed, problems] = clients.stop();
  EXPECT_EQ(failed, 0u) << ::testing::PrintToString(problems);
  std::cout << "| three restarts with socket activation | " << failed << " of " << requests
            << " |\n";
}

class Spawned : public HandedIn {
 protected:
  Spawned() : HandedIn({.listen = "\"fd:0\"", .next_upstream = "error"}) {}
};

TEST_F(Spawned, IsServedThroughFiveHangups) { expect_served_through_hangups(); }

TEST_F(Spawned, IsTakenUpAgainAfterAnotherConfiguration) { expect_taken_up_again("\"fd:0\""); }

TEST_F(Spawned, NothingButWhatWasHandedInIsTaken) {
  // The control socket listens, too, and is not for web servers.
  for (int number = 1; number < 20; ++number) {
    hang_up_with("\"fd:" + std::to_string(number) + "\"", "is refused");
  }
  EXPECT_EQ(said(": no listening socket was open there when Shoal started; start it through a "
                 "program that leaves it one"),
            19u);
  EXPECT_EQ(get("/lone").body, "lone 1\n");
}

/// Under the real systemd-socket-activate, with two sockets that have names.
class TwoActivated : public Site {
 protected:
  TwoActivated() : Site({.listen = "systemd", .log = "{ level: debug, file: shoal.log }"}) {}

  /// The command that opens these sockets and becomes the container when a connection comes.
  std::vector<std::string> activate(const std::vector<std::string>& sockets,
                                    const std::string& names) const {
    std::vector<std::string> words{"systemd-socket-activate", "--fdname=" + names};
    for (const auto& socket : sockets) words.push_back("--listen=" + (here() / socket).native());
    // It passes on nothing of the environment unless told to.
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

TEST_F(TwoActivated, AreBothServedThroughFiveHangups) {
  drop("1", {"lone"});
  write_settings();
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
