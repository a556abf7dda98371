// Worker processes count in shared memory and are killed at any moment.
#include "serving/traffic.hpp"

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <map>
#include <vector>

#include "base/descriptor.hpp"

namespace shoal::serving {
namespace {

using namespace std::chrono_literals;

/// A process that answers requests of two groups until it is killed, and then says so: one byte
/// into a pipe for each.
class CountingProcess {
 public:
  explicit CountingProcess(const std::shared_ptr<status::Counters>& counters)
      : slot_{counters, counters->claim()} {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
    reading_ = base::Descriptor(ends[0]);
    const base::Descriptor writing(ends[1]);
    id_ = ::fork();
    if (id_ == 0) answer_until_killed(writing.get());
  }

  /// Waits until the process has answered `number` requests more.
  void read_answers(std::uint64_t number) {
    for (std::uint64_t end = answered_ + number; answered_ < end;) ASSERT_TRUE(read_some());
  }

  /// Kills the process. Returns how many requests it said to have answered.
  std::uint64_t kill() {
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
    while (read_some()) {
    }
    slot_.counters->release(slot_.number);
    return answered_;
  }

 private:
  [[noreturn]] void answer_until_killed(int writing) const {
    Traffic traffic(slot_);
    for (unsigned i = 0;; ++i) {
      traffic.add(i % 2 == 0 ? "site" : "shop", i % 4 == 0 ? 500 : 200, 1ms);
      const char byte = 0;
      if (::write(writing, &byte, 1) != 1) ::_exit(1);
    }
  }

  bool read_some() {
    std::array<char, 4096> bytes{};
    const auto got = ::read(reading_.get(), bytes.data(), bytes.size());
    if (got > 0) answered_ += static_cast<std::uint64_t>(got);
    return got > 0;
  }

  status::CounterSlot slot_;
  base::Descriptor reading_;
  pid_t id_ = -1;
  std::uint64_t answered_ = 0;
};

std::uint64_t requests_of_groups(const status::Counted& counted) {
  std::uint64_t all = 0;
  for (const auto& [name, group] : counted.groups) all += group.requests;
  return all;
}

void expect_that_nothing_fell(const status::Counted& before, const status::Counted& now) {
  EXPECT_GE(now.requests, before.requests);
  EXPECT_GE(now.errors, before.errors);
  for (const auto& [name, group] : before.groups) {
    const auto& same = now.groups.at(name);
    EXPECT_GE(same.requests, group.requests) << name;
    EXPECT_GE(same.errors, group.errors) << name;
    EXPECT_GE(same.latency.sum(), group.latency.sum()) << name;
    for (std::size_t i = 0; i <= status::Histogram::kBounds; ++i) {
      EXPECT_GE(same.latency.count(i), group.latency.count(i)) << name << ", bucket " << i;
    }
  }
}

TEST(Traffic, OfProcessesThatAreKilledNeverFallsAndLosesNothing) {
  const auto counters = status::Counters::make();
  status::Counted last;
  const auto look = [&] {
    const status::Counted now = counters->read();
    expect_that_nothing_fell(last, now);
    last = now;
  };
  constexpr unsigned kRounds = 20;
  constexpr unsigned kProcesses = 3;
  std::uint64_t answered = 0;
  for (unsigned round = 0; round < kRounds; ++round) {
    std::vector<std::unique_ptr<CountingProcess>> processes;
    for (unsigned i = 0; i < kProcesses; ++i) {
      processes.push_back(std::make_unique<CountingProcess>(counters));
    }
    for (const auto& process : processes) {
      process->read_answers(50 + 7 * round);
      look();
    }
    for (const auto& process : processes) {
      answered += process->kill();
      look();
    }
  }
  // Each process may have been killed after it had counted a request and before it said so.
  EXPECT_GE(last.requests, answered);
  EXPECT_LE(last.requests, answered + kRounds * kProcesses);
  EXPECT_GE(requests_of_groups(last), answered);
  EXPECT_LE(requests_of_groups(last), last.requests);
  EXPECT_EQ(last.groups.size(), 2u);
}

TEST(Traffic, CountsRequestsOfGroupsAndThoseWithoutAGroup) {
  const auto counters = status::Counters::make();
  Traffic traffic({counters, counters->claim()});
  traffic.add("site", 200, 1ms);
  traffic.add("site", 503, 2ms);
  traffic.add("", 404, 1ms);
  const status::Counted counted = counters->read();
  EXPECT_EQ(counted.requests, 3u);
  EXPECT_EQ(counted.errors, 1u);
  EXPECT_EQ(counted.groups.at("site").requests, 2u);
  EXPECT_EQ(counted.groups.at("site").errors, 1u);
  EXPECT_EQ(counted.groups.at("site").latency.sum(), 3ms);
}

TEST(Traffic, OfThisProcessBeginsWithZeroInASlotThatWasUsedBefore) {
  const auto counters = status::Counters::make();
  const unsigned slot = counters->claim();
  Traffic({counters, slot}).add("site", 500, 1ms);
  counters->release(slot);
  Traffic next({counters, counters->claim()});
  EXPECT_EQ(next.requests(), 0u);
  next.add("site", 200, 1ms);
  EXPECT_EQ(next.requests(), 1u);
  EXPECT_EQ(next.errors(), 0u);
  EXPECT_EQ(counters->read().requests, 2u);
}

}  // namespace
}  // namespace shoal::serving
