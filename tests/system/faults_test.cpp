// How many requests a busy site loses when something goes wrong around it. The figures are in
// tests/README.md. Each test prints its line of that table.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>

#include <fstream>
#include <list>
#include <random>

#include "built.hpp"
#include "eventually.hpp"
#include "long_run.hpp"
#include "site.hpp"
#include "unit/fastcgi/fastcgi_client.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using test::FastCgiClient;
using ::testing::HasSubstr;

constexpr unsigned kVisitors = 8;

class Faults : public Site {
 protected:
  explicit Faults(SiteOptions options = {}) : Site(std::move(options)) {}

  void SetUp() override {
    drop("1", {"lone"});
    start();
    visitors_.emplace(port(), kVisitors, std::vector<std::string>{"/lone"}, check_lone);
    visitors_->wait_for_responses(100);
  }

  void TearDown() override {
    visitors_.reset();
    Site::TearDown();
  }

  /// Stops the visitors. Expects that no request of theirs failed.
  void expect_nothing_lost(const std::string& fault) {
    visitors_->wait_for_responses(100);
    print_cost(fault, expect_no_failure(*visitors_));
  }

  FastCgiClient peer() const { return FastCgiClient("unix:" + socket().native()); }

  static std::string request(std::size_t size = 0) {
    test::Params params{{"SCRIPT_NAME", "/lone"}, {"REQUEST_METHOD", "GET"}};
    for (std::size_t i = 0; i < size / 64; ++i) {
      params.emplace_back("HTTP_X_" + std::to_string(i), std::string(64, 'x'));
    }
    return test::request(params);
  }

  std::optional<Visitors> visitors_;
};

// --- processes that are killed

class KilledWorkers : public Faults {
 protected:
  /// nginx retries, as in the shipped configuration.
  KilledWorkers()
      : Faults({.workers = "{ processes: 2, threads: 4, grace: 60s }", .next_upstream = "error"}) {}
};

TEST_F(KilledWorkers, OneEachSecondLoseNoRequest) {
  const int times = test::repetitions(4, 60);
  for (int i = 0; i < times; ++i) {
    ASSERT_TRUE(eventually([&] { return workers().size() == 2; }));
    ASSERT_EQ(::kill(workers().at(static_cast<std::size_t>(i) % 2), SIGKILL), 0);
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  expect_nothing_lost("a worker killed (-9) each second, " + std::to_string(times) + " times");
  EXPECT_EQ(said("was ended by Killed"), static_cast<std::size_t>(times));
}

// --- peers that misbehave

class MisbehavingPeers : public Faults {
 protected:
  MisbehavingPeers() : Faults({.limits = "{ body: 1MiB, read_timeout: 1s }"}) {}

  static constexpr int kPeers = 50;

  std::list<FastCgiClient> peers(int number = kPeers) const {
    std::list<FastCgiClient> peers;
    while (number-- > 0) peers.push_back(peer());
    return peers;
  }

  static std::size_t closed(std::list<FastCgiClient>& peers) {
    return static_cast<std::size_t>(
        std::ranges::count_if(peers, [](FastCgiClient& each) { return each.sees_close(); }));
  }
};

TEST_F(MisbehavingPeers, ThatSendAByteASecondCostNoRequest) {
  auto slow = peers();
  const std::string bytes = request();
  for (std::size_t second = 0; second < 3; ++second) {
    for (auto& each : slow) each.send(bytes.substr(second, 1));
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  expect_nothing_lost("50 peers that send a byte a second");
  EXPECT_EQ(closed(slow), slow.size()) << "after limits.read_timeout";
}

TEST_F(MisbehavingPeers, ThatSendHalfARequestCostNoRequest) {
  auto halved = peers();
  const std::string bytes = request();
  for (auto& each : halved) each.send(bytes.substr(0, bytes.size() / 2));
  expect_nothing_lost("50 peers that send half a request and stay");
  EXPECT_EQ(closed(halved), halved.size());
}

TEST_F(MisbehavingPeers, ThatSendGarbageCostNoRequest) {
  std::mt19937 random(1);
  auto noisy = peers();
  for (auto& each : noisy) {
    std::string bytes(64 * 1'024, '\0');
    std::ranges::generate(bytes, [&] { return static_cast<char>(random()); });
    each.send(bytes);
  }
  expect_nothing_lost("50 peers that send 64 KiB of garbage");
  EXPECT_EQ(closed(noisy), noisy.size());
}

TEST_F(MisbehavingPeers, ThatSendLargeParamsAreAnsweredAndCostNoRequest) {
  auto large = peers();
  for (auto& each : large) {
    EXPECT_THAT(each.ask(request(64 * 1'024)), HasSubstr("lone 1\n"));
  }
  expect_nothing_lost("50 peers that send 64 KiB of params, which are answered");
}

// --- too many connections

constexpr rlim_t kMany = 10'000;

class TenThousandConnections : public Faults {
 protected:
  TenThousandConnections() : Faults({.wrapper = "ulimit -n 11000; exec \"$@\""}) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::max(limit.rlim_cur, kMany + 1'000);
    limit.rlim_max = std::max(limit.rlim_max, limit.rlim_cur);
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0)
        << "needs " << limit.rlim_cur << " descriptors: see `ulimit -Hn`";
  }
};

TEST_F(TenThousandConnections, ThatAreIdleCostNoRequest) {
  std::list<FastCgiClient> idle;
  while (idle.size() < kMany) {
    idle.push_back(peer());
    // Connections are accepted in their order, so an answer shows that the backlog is empty again.
    if (idle.size() % 100 == 0) {
      EXPECT_THAT(peer().ask(request()), HasSubstr("lone 1\n"));
    }
  }
  expect_nothing_lost("10,000 idle connections");
  EXPECT_THAT(idle.front().ask(request()), HasSubstr("lone 1\n")) << "idle connections still work";
  EXPECT_THAT(idle.back().ask(request()), HasSubstr("lone 1\n"));
}

class FewDescriptors : public Faults {
 protected:
  FewDescriptors()
      : Faults({.limits = "{ body: 1MiB, idle_timeout: 1s }",
                .wrapper = "ulimit -n 80; exec \"$@\""}) {}
};

TEST_F(FewDescriptors, CostNoRequest) {
  std::list<FastCgiClient> silent;
  while (silent.size() < 120) silent.push_back(peer());
  ASSERT_TRUE(eventually([&] { return said("out of descriptors") == 1; }));
  expect_nothing_lost("80 descriptors, and 120 peers that connect and say nothing");
  EXPECT_EQ(said("out of descriptors"), 1u);
}

// --- full disks

class FullLogs : public Faults {
 protected:
  FullLogs() : Faults({.log = "{ level: debug, file: stderr, access: { file: /dev/full } }"}) {}
};

TEST_F(FullLogs, LoseLinesButNoRequest) {
  expect_nothing_lost("a full disk for the access log, whose lines are lost");
  EXPECT_EQ(said("lines are lost"), 1u);
}

class FullState : public Faults {
 protected:
  FullState() : Faults({.state = "{ size: 1MiB }"}) {}

  /// Adds an entry to the guest book, and returns the status of the response.
  int sign() {
    return send({.method = "POST",
                 .path = "/late",
                 .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                 .body = "name=Ada&message=" + std::string(1'900, 'x')})
        .status;
  }
};

TEST_F(FullState, RefusesWritesButLosesNoOtherRequest) {
  drop_file(std::string(built::kFolder) + "/apps/guestbook.so", "late");
  int accepted = 0;
  while (accepted < 5'000 && sign() == 303) ++accepted;
  EXPECT_GT(accepted, 100);
  EXPECT_EQ(sign(), 500);
  EXPECT_THAT(log(), HasSubstr("state.size"));
  EXPECT_THAT(get("/late").body, HasSubstr("name=\"name\"")) << "reading still works";
  expect_nothing_lost("a full State: only writes to it are refused, by 500");
}

// --- a clock that is set back

class ClockSetBack : public Faults {
 protected:
  ClockSetBack()
      : Faults({.sweep = "{ settle: 100ms, wait: 60s }",
                // AddressSanitizer must accept that another library is preloaded before it.
                .wrapper = "ASAN_OPTIONS=\"$ASAN_OPTIONS:verify_asan_link_order=0\" "
                           "SHOAL_TEST_CLOCK=$HERE/clock LD_PRELOAD=" +
                           std::string(built::kFolder) + "/tests/other_clock.so exec \"$@\""}) {
    set_offset(0);
  }

  /// Sets how far the container's clock is from the real time.
  void set_offset(std::int64_t seconds) {
    std::fstream file(here() / "clock", std::ios::in | std::ios::out | std::ios::binary);
    if (!file) file.open(here() / "clock", std::ios::out | std::ios::binary);
    file.write(reinterpret_cast<const char*>(&seconds), sizeof seconds);
  }
};

TEST_F(ClockSetBack, CostsNoRequestAndDropsGoLive) {
  set_offset(-3'600);
  drop("2", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  set_offset(-7'200);
  drop("1", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  expect_nothing_lost("the clock set back by an hour, twice, and a drop after each");
}

}  // namespace
}  // namespace shoal::system
