#include "crash/stack_of.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "system/eventually.hpp"

namespace shoal::crash {
namespace {

using system::eventually;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr std::chrono::seconds kLong{20};  // no machine is so slow

volatile int after = 0;  // a call at the very end of a function would leave no frame

/// A thread that is where the test wants it, until the end of this object.
class Thread {
 public:
  /// `stay` does not return before `leaves` has become true.
  template <typename Stay>
  explicit Thread(const Stay& stay)
      : thread_([this, stay] {
          id_ = ::gettid();
          stay(leaves_);
        }) {
    while (id_ == 0) std::this_thread::yield();
  }
  ~Thread() {
    leaves_ = true;
    thread_.join();
  }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  pid_t id() const { return id_; }

 private:
  std::atomic<pid_t> id_{0};
  std::atomic<bool> leaves_{false};
  std::thread thread_;
};

/// The stack, once it shows what it must: a thread that was just started may not be there yet.
std::string stack_with(const Thread& thread, const std::string& function) {
  std::string stack;
  eventually([&] {
    stack = stack_of(thread.id(), kLong);
    return stack.find(function) != std::string::npos;
  });
  return stack;
}

[[gnu::noinline]] void sleep_in_the_sun(const std::atomic<bool>& leaves) {
  while (!leaves) ::usleep(20'000);
  after = 1;
}

[[gnu::noinline]] void swim_in_circles(const std::atomic<bool>& leaves) {
  while (!leaves) {
  }
  after = 1;
}

TEST(StackOf, ShowsWhereAThreadSleeps) {
  const Thread thread([](const auto& leaves) { sleep_in_the_sun(leaves); });
  EXPECT_THAT(stack_with(thread, "sleep_in_the_sun"),
              AllOf(StartsWith("#0 0x"),
                    HasSubstr("shoal::crash::(anonymous namespace)::sleep_in_the_sun("),
                    HasSubstr("(crash_test+0x")));
}

TEST(StackOf, ShowsWhereAThreadSpins) {
  const Thread thread([](const auto& leaves) { swim_in_circles(leaves); });
  EXPECT_THAT(stack_with(thread, "swim_in_circles"), HasSubstr("swim_in_circles("));
}

TEST(StackOf, IsEmptyForAThreadThatHasEnded) {
  pid_t id = 0;
  std::thread([&] { id = ::gettid(); }).join();
  ASSERT_TRUE(eventually([&] { return ::tgkill(::getpid(), id, 0) != 0; }));
  EXPECT_THAT(stack_of(id, kLong), IsEmpty());
}

TEST(StackOf, IsEmptyForAnotherProcess) { EXPECT_THAT(stack_of(::getppid(), kLong), IsEmpty()); }

TEST(StackOf, IsEmptyWhenTheThreadDoesNotAnswer) {
  std::atomic<bool> deaf{false};
  const Thread thread([&](const auto& leaves) {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    deaf = true;
    sleep_in_the_sun(leaves);
  });
  ASSERT_TRUE(eventually([&] { return deaf.load(); }));
  EXPECT_THAT(stack_of(thread.id(), std::chrono::milliseconds(20)), IsEmpty());
  // And the next question is not answered by this one.
  const Thread other([](const auto& leaves) { sleep_in_the_sun(leaves); });
  EXPECT_THAT(stack_with(other, "sleep_in_the_sun"), HasSubstr("sleep_in_the_sun("));
}

TEST(StackOf, InterruptsAPoll) {
  std::atomic<int> error{-1};
  const Thread thread([&](const auto&) {
    error = ::poll(nullptr, 0, -1) < 0 ? errno : 0;
    after = 1;
  });
  ASSERT_TRUE(eventually([&] {
    stack_of(thread.id(), kLong);
    return error != -1;
  }));
  EXPECT_EQ(error, EINTR);
}

TEST(StackOf, DoesNotDisturbThreadsThatThrowAndAllocate) {
  std::atomic<unsigned long> rounds{0};
  const auto busy = [&](const std::atomic<bool>& leaves) {
    while (!leaves) {
      try {
        std::vector<std::string> strings(20, std::string(100, 'x'));
        throw std::runtime_error(strings.back());
      } catch (const std::runtime_error&) {
        ++rounds;
      }
    }
  };
  const Thread one(busy);
  const Thread two(busy);
  for (int i = 0; i < 15; ++i) {
    for (const Thread* const thread : {&one, &two}) {
      EXPECT_THAT(stack_of(thread->id(), kLong), StartsWith("#0 0x"));
    }
  }
  const unsigned long before = rounds;
  EXPECT_TRUE(eventually([&] { return rounds > before + 10; }));
}

TEST(StackOf, CanBeAskedForByManyAtOnce) {
  const Thread thread([](const auto& leaves) { sleep_in_the_sun(leaves); });
  stack_with(thread, "sleep_in_the_sun");
  std::vector<std::thread> askers;
  std::atomic<int> answers{0};
  for (int i = 0; i < 4; ++i) {
    askers.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        if (stack_of(thread.id(), kLong).starts_with("#0 0x")) ++answers;
      }
    });
  }
  for (auto& asker : askers) asker.join();
  EXPECT_EQ(answers, 80);
}

#if !defined(__SANITIZE_THREAD__)
// This hands a signal on at the thread's next call, by frames of its own, and these make none.

[[gnu::noinline]] void wait_for_the_lock(std::mutex& mutex) {
  const std::lock_guard lock(mutex);
  after = 1;
}

TEST(StackOf, ShowsWhereAThreadWaitsForAMutex) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  const Thread thread([&](const auto&) { wait_for_the_lock(mutex); });
  EXPECT_THAT(stack_with(thread, "wait_for_the_lock"), HasSubstr("wait_for_the_lock("));
  lock.unlock();
}

TEST(StackOf, LeavesOutItsOwnFrames) {
  const Thread thread([](const auto& leaves) { swim_in_circles(leaves); });
  const std::string stack = stack_with(thread, "swim_in_circles");
  EXPECT_EQ(stack.find("crash::walk"), std::string::npos) << stack;
  EXPECT_EQ(stack.find("_Unwind_Backtrace"), std::string::npos) << stack;
}

TEST(StackOf, LeavesAReadAlone) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  std::atomic<ssize_t> got{-2};
  {
    const Thread thread([&](const auto&) {
      char byte = 0;
      got = ::read(ends[0], &byte, 1);
    });
    for (int i = 0; i < 20; ++i) stack_of(thread.id(), kLong);
    EXPECT_EQ(got, -2);
    ASSERT_EQ(::write(ends[1], "x", 1), 1);
  }
  EXPECT_EQ(got, 1);
  for (const int end : ends) ::close(end);
}
#endif

}  // namespace
}  // namespace shoal::crash
