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

constexpr std::chrono::seconds kLong{20};  // longer than the slowest machine needs

volatile int after = 0;  // set after a call, so that it is not a tail call, which has no frame

/// A thread that stays in a function of the test until this object is destroyed.
class Thread {
 public:
  /// `stay` must not return before its argument has become true.
  template <typename Stay>
  explicit Thread(const Stay& stay)
      : thread_([this, stay] {
          id_ = ::gettid();
          stay(stop_);
        }) {
    while (id_ == 0) std::this_thread::yield();
  }
  ~Thread() {
    stop_ = true;
    thread_.join();
  }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  pid_t id() const { return id_; }

 private:
  std::atomic<pid_t> id_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// Returns the stack of the thread when it contains `function`: a new thread may not be there yet.
std::string stack_with(const Thread& thread, const std::string& function) {
  std::string stack;
  eventually([&] {
    stack = stack_of(thread.id(), kLong);
    return stack.find(function) != std::string::npos;
  });
  return stack;
}

[[gnu::noinline]] void sleep_in_the_sun(const std::atomic<bool>& stop) {
  while (!stop) ::usleep(20'000);
  after = 1;
}

[[gnu::noinline]] void swim_in_circles(const std::atomic<bool>& stop) {
  while (!stop) {
  }
  after = 1;
}

TEST(StackOf, ShowsWhereAThreadSleeps) {
  const Thread thread([](const auto& stop) { sleep_in_the_sun(stop); });
  EXPECT_THAT(stack_with(thread, "sleep_in_the_sun"),
              AllOf(StartsWith("#0 0x"),
                    HasSubstr("shoal::crash::(anonymous namespace)::sleep_in_the_sun("),
                    HasSubstr("(crash_test+0x")));
}

TEST(StackOf, ShowsWhereAThreadSpins) {
  const Thread thread([](const auto& stop) { swim_in_circles(stop); });
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
  const Thread thread([&](const auto& stop) {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    deaf = true;
    sleep_in_the_sun(stop);
  });
  ASSERT_TRUE(eventually([&] { return deaf.load(); }));
  EXPECT_THAT(stack_of(thread.id(), std::chrono::milliseconds(20)), IsEmpty());
  // The next request for a stack is not answered by this thread.
  const Thread other([](const auto& stop) { sleep_in_the_sun(stop); });
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
  const auto busy = [&](const std::atomic<bool>& stop) {
    while (!stop) {
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

TEST(StackOf, MayBeCalledByManyThreads) {
  const Thread thread([](const auto& stop) { sleep_in_the_sun(stop); });
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
// ThreadSanitizer delivers a signal at the next call of a thread, with frames of its own.

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
  const Thread thread([](const auto& stop) { swim_in_circles(stop); });
  const std::string stack = stack_with(thread, "swim_in_circles");
  EXPECT_EQ(stack.find("crash::walk"), std::string::npos) << stack;
  EXPECT_EQ(stack.find("_Unwind_Backtrace"), std::string::npos) << stack;
}

TEST(StackOf, DoesNotInterruptARead) {
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
