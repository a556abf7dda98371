// Processes of the container are killed at random, while versions of a group are dropped one after
// the other and visitors ask for it.
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iostream>
#include <limits>
#include <mutex>
#include <random>
#include <sstream>
#include <thread>

#include "built.hpp"
#include "eventually.hpp"
#include "long_run.hpp"
#include "site.hpp"
#include "unit/fastcgi/fastcgi_client.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Clock = std::chrono::steady_clock;

/// What an answer is judged by: what was dropped, and when a request may fail. Safe to use from any
/// thread.
class Witness {
 public:
  std::atomic<unsigned> dropped{0};  ///< the newest version whose drop has begun
  std::atomic<unsigned> live{0};     ///< the newest version whose verdict was live

  enum class Excuse { kNone, kWorkerKilled, kContainerDown };

  /// Requests may fail from now on, until `end_excuse`.
  void begin_excuse(Excuse excuse) {
    const std::lock_guard lock(mutex_);
    periods_.push_back({excuse, Clock::now()});
  }

  void end_excuse() {
    const std::lock_guard lock(mutex_);
    periods_.back().to = Clock::now();
  }

  /// Returns why a request of this time may have failed.
  Excuse excuse_of(Clock::time_point from, Clock::time_point to) const {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find_if(
        periods_, [&](const Period& period) { return from <= period.to && to >= period.from; });
    return found == periods_.end() ? Excuse::kNone : found->excuse;
  }

 private:
  struct Period {
    Excuse excuse;
    Clock::time_point from;
    Clock::time_point to = Clock::time_point::max();
  };
  mutable std::mutex mutex_;
  std::vector<Period> periods_;  // guarded by mutex_
};
using Excuse = Witness::Excuse;

/// Sends a request on a connection of its own, which no other request can have broken.
Response ask(const std::string& socket, const std::string& path) try {
  test::FastCgiClient connection("unix:" + socket);
  connection.send(test::request({{"SCRIPT_NAME", path}, {"REQUEST_METHOD", "GET"}}, "", false));
  const test::Answer answer = connection.answer();
  if (!answer.complete) return {.body = answer.text, .headers = {}, .failure = "not complete"};
  const auto head = answer.text.find("\r\n\r\n");
  const auto status = answer.text.find("Status: ");
  const std::string body = head == std::string::npos ? "" : answer.text.substr(head + 4);
  return {.status = status < head ? std::stoi(answer.text.substr(status + 8)) : 200,
          .body = body,
          .headers = {},
          .failure = ""};
} catch (const std::exception& error) {
  return {.body = "", .headers = {}, .failure = error.what()};
}

class Chaos : public Site {
 protected:
  static constexpr unsigned kVisitors = 6;

  Chaos()
      : Site({.workers = "{ processes: 2, threads: 4, grace: 60s }",
              .sweep = "{ settle: 50ms, wait: 5s }",
              .routes = "{ /one: numbered.one, /two: numbered.two }"}) {}

  void SetUp() override {
    build(1);
    shell("cp -r $HERE/next/numbered $APPS/");
    witness_.dropped = witness_.live = 1;
    start_container();
  }

  void TearDown() override {
    end_threads();
    Site::TearDown();
  }

  // --- dropping

  /// Writes this version of the group below `$HERE/next`.
  void build(unsigned version) const {
    std::ostringstream digits;
    digits << std::setw(8) << std::setfill('0') << version;
    const fs::path from = fs::path(built::kModules) / "numbered/numbered";
    fs::create_directories(here() / "next/numbered");
    for (const auto& entry : fs::directory_iterator(from)) {
      if (entry.path().extension() != ".so") continue;
      std::string bytes = contents(entry.path());
      const std::string mark = "number:00000000";
      const auto at = bytes.find(mark);
      ASSERT_NE(at, std::string::npos) << entry.path();
      bytes.replace(at + mark.size() - 8, 8, digits.str());
      std::ofstream(here() / "next/numbered" / entry.path().filename(), std::ios::binary) << bytes;
    }
  }

  /// Drops this version, waits for the verdict and returns what was said of it.
  std::string drop_and_wait(unsigned version) {
    build(version);
    witness_.dropped = version;
    const Outcome verdict = shoal("drop next -c shoal.yaml --wait 15s");
    if (verdict.output.find("numbered: live") != std::string::npos) {
      witness_.live = version;
      ++verdicts_;
    }
    return verdict.output;
  }

  /// Renames the files of this version into place, one after the other.
  void rename(unsigned version) {
    build(version);
    witness_.dropped = version;
    for (const auto& entry : fs::directory_iterator(here() / "next/numbered")) {
      fs::rename(entry, here() / "apps/numbered" / entry.path().filename());
    }
  }

  void drop_until_stopped(unsigned seed) {
    std::mt19937 random(seed);
    while (!stopped_) {
      const unsigned version = witness_.dropped + 1;
      version % 3 == 0 ? rename(version) : void(drop_and_wait(version));
      std::this_thread::sleep_for(milliseconds(random() % 150));
    }
  }

  // --- asking

  void ask_until_stopped() {
    for (unsigned i = 0; !stopped_; ++i) {
      const char* path = i % 2 == 0 ? "/one" : "/two";
      const unsigned oldest = witness_.live;
      const auto from = Clock::now();
      const Response response = ask(socket(), path);
      ++requests_;
      const std::string version = version_of(response);
      const bool is_whole =
          version.size() == 8 && version.find_first_not_of("0123456789") == std::string::npos;
      if (is_whole && std::stoul(version) >= oldest && std::stoul(version) <= witness_.dropped) {
        continue;
      }
      const Excuse excuse = witness_.excuse_of(from, Clock::now());
      if (response.status != 200 && excuse != Excuse::kNone) {
        ++(excuse == Excuse::kWorkerKilled ? failed_ : failed_while_down_);
        std::this_thread::sleep_for(milliseconds(5));
        continue;
      }
      const std::lock_guard lock(mutex_);
      wrong_.push_back(version + ", at least " + std::to_string(oldest));
    }
  }

  // --- killing

  /// Returns the processes of the deployer's probe.
  std::vector<pid_t> probes() const {
    std::vector<pid_t> all;
    std::error_code gone;
    const fs::path tasks = "/proc/" + std::to_string(deployer()) + "/task";
    for (fs::directory_iterator at(tasks, gone), end; at != end; at.increment(gone)) {
      std::istringstream children(contents(at->path() / "children"));
      for (pid_t child = 0; children >> child;) all.push_back(child);
    }
    return all;
  }

  std::vector<pid_t> processes(unsigned kind) const {
    if (kind == 0) return workers();
    return kind == 1 ? std::vector<pid_t>{deployer()} : probes();
  }

  void kill_one() {
    const unsigned kind = random_() % 3;
    std::vector<pid_t> victims = processes(kind);
    std::erase(victims, 0);
    if (victims.empty()) return;
    const pid_t victim = victims[random_() % victims.size()];
    const bool is_worker = kind == 0;
    if (is_worker) witness_.begin_excuse(Excuse::kWorkerKilled);
    if (::kill(victim, SIGKILL) == 0) ++kills_[kind];
    EXPECT_TRUE(eventually([&] { return ::kill(victim, 0) != 0; }));
    if (is_worker) witness_.end_excuse();
  }

  /// Kills the supervisor alone or with all others, and starts the container again.
  void kill_container() {
    std::vector<pid_t> victims;
    if (random_() % 2 == 0) {
      for (unsigned kind = 0; kind < 3; ++kind) {
        for (const pid_t id : processes(kind)) victims.push_back(id);
      }
      std::erase(victims, 0);
    }
    victims.push_back(container().id());
    std::ranges::shuffle(victims, random_);
    witness_.begin_excuse(Excuse::kContainerDown);
    for (const pid_t victim : victims) ::kill(victim, SIGKILL);
    container().wait();
    start_container();
    witness_.end_excuse();
    ++restarts_;
  }

  void kill_for(std::chrono::seconds time) {
    const auto end = Clock::now() + time;
    auto next_restart = Clock::now() + milliseconds(1'500);
    while (Clock::now() < end && !HasFatalFailure()) {
      std::this_thread::sleep_for(milliseconds(5 + random_() % 200));
      if (Clock::now() < next_restart) {
        kill_one();
      } else {
        kill_container();
        next_restart = Clock::now() + milliseconds(1'000 + random_() % 4'000);
      }
    }
  }

  void begin_threads() {
    threads_.emplace_back([this, seed = random_()] { drop_until_stopped(seed); });
    for (unsigned i = 0; i < kVisitors; ++i) threads_.emplace_back([this] { ask_until_stopped(); });
  }

  void end_threads() {
    stopped_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

  const unsigned seed_ = std::random_device()();
  std::mt19937 random_{seed_};
  Witness witness_;
  std::array<unsigned, 3> kills_{};  // of workers, deployers and probes
  unsigned restarts_ = 0;
  unsigned verdicts_ = 0;  // that were live
  std::atomic<bool> stopped_{false};
  std::atomic<unsigned> requests_{0};
  std::atomic<unsigned> failed_{0};  // when a worker was killed
  std::atomic<unsigned> failed_while_down_{0};
  std::mutex mutex_;
  std::vector<std::string> wrong_;  // guarded by mutex_
  std::vector<std::thread> threads_;
};

TEST_F(Chaos, GivesNoWrongAnswerAndEndsWithTheLastDropLive) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  begin_threads();
  kill_for(std::chrono::seconds(test::repetitions(5, 60)));
  const unsigned seen = requests_;
  EXPECT_TRUE(eventually([&] { return requests_ > seen + kVisitors; }));
  end_threads();
  EXPECT_THAT(wrong_, IsEmpty());
  EXPECT_LE(failed_, kills_[0] * kVisitors) << "a worker held at most one request of each visitor";

  ASSERT_TRUE(eventually([&] { return workers().size() == 2 && deployer() != 0; }));
  const unsigned last = witness_.dropped + 1;
  EXPECT_THAT(drop_and_wait(last), HasSubstr("numbered: live"));
  for (int i = 0; i < 100; ++i) {
    const std::string version = version_of(ask(socket(), i % 2 == 0 ? "/one" : "/two"));
    EXPECT_EQ(std::strtoul(version.c_str(), nullptr, 10), last) << version;
  }
  std::cout << "| killed: " << kills_[0] << " workers, " << kills_[1] << " deployers, " << kills_[2]
            << " probes, " << restarts_ << " containers | " << last << " versions, of which "
            << verdicts_ << " were told to be live | " << requests_ << " requests, "
            << failed_while_down_ << " while the container was down, " << failed_
            << " lost with a worker, " << wrong_.size() << " wrong |\n";
}

}  // namespace
}  // namespace shoal::system
