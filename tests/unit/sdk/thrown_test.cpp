#include "shoal/host/thrown.hpp"

#include <dlfcn.h>
#include <gmock/gmock.h>

#include <future>
#include <stdexcept>
#include <string>
#include <vector>

namespace shoal::host {
namespace {

[[gnu::noinline]] void throw_text(const std::string& text) { throw std::runtime_error(text); }
[[gnu::noinline]] void throw_through_library() { static_cast<void>(std::string().at(4)); }

/// Runs `work`, which throws, and returns where it has thrown.
template <typename Work>
ThrownAt place_of(const Work& work) {
  try {
    work();
  } catch (...) {
    return thrown_at(std::current_exception());
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

template <typename Work>
[[gnu::noinline]] ThrownAt recorded_place_of(const Work& work) {
  const ThrowRecorder recorder;
  return place_of(work);
}

/// Returns true if the first of these return addresses is in this function, or close behind it.
bool begins_in(const ThrownAt& at, void (*function)(const std::string&)) {
  const auto begin = reinterpret_cast<std::uintptr_t>(function);  // NOLINT
  return at.size > 0 && at.returns[0] > begin && at.returns[0] < begin + 4096;
}

TEST(ThrownAt, BeginsInTheFunctionThatThrows) {
  EXPECT_TRUE(begins_in(recorded_place_of([] { throw_text("a"); }), &throw_text));
  EXPECT_TRUE(begins_in(place_of([] { throw_text("b"); }), &throw_text)) << "without a recorder";
}

TEST(ThrownAt, IsKnownForWhatTheStandardLibraryThrows) {
  EXPECT_GT(recorded_place_of([] { throw_through_library(); }).size, 1u);
}

TEST(ThrownAt, EndsAtTheFunctionThatRecords) {
  const auto recorded = recorded_place_of([] { throw_text("a"); });
  const auto all = place_of([] { throw_text("a"); });
  EXPECT_LT(recorded.size, 8u);
  EXPECT_GT(all.size, recorded.size);
}

TEST(ThrownAt, IsTheFirstThrowOfARethrownException) {
  const auto at = recorded_place_of([] {
    try {
      throw_text("first");
    } catch (const std::runtime_error&) {
      for (int i = 0; i < 3; ++i) place_of([] { throw std::logic_error("others meanwhile"); });
      throw;
    }
  });
  EXPECT_TRUE(begins_in(at, &throw_text));
}

TEST(ThrownAt, IsKnownForAnExceptionOfAnotherThread) {
  const auto at =
      recorded_place_of([] { std::async(std::launch::async, [] { throw_text("there"); }).get(); });
  EXPECT_TRUE(begins_in(at, &throw_text));
}

TEST(ThrownAt, IsBoundedForDeepStacks) {
  struct Deep {
    [[gnu::noinline]] static int fall(int levels) {
      if (levels > 0) return fall(levels - 1) + 1;
      throw_text("deep");
      return 0;
    }
  };
  EXPECT_EQ(recorded_place_of([] { Deep::fall(100); }).size, ThrownAt::kMost);
}

TEST(ThrownAt, IsUnknownForAnExceptionThatWasNotThrown) {
  EXPECT_EQ(thrown_at(std::make_exception_ptr(42)).size, 0u);
  EXPECT_EQ(thrown_at(nullptr).size, 0u);
}

TEST(ThrownAt, IsFoundByManyThreadsAtOnce) {
  std::vector<std::future<int>> threads;
  for (int i = 0; i < 4; ++i) {
    threads.push_back(std::async(std::launch::async, [] {
      int known = 0;
      for (int round = 0; round < 500; ++round) {
        known += begins_in(recorded_place_of([] { throw_text("here"); }), &throw_text) ? 1 : 0;
        place_of([] { throw_text("not recorded"); });
      }
      return known;
    }));
  }
  for (auto& thread : threads) EXPECT_EQ(thread.get(), 500);
}

// A module with a C++ runtime of its own must use its own __cxa_throw. So linkers must not find the
// one of libshoal, except in a container with AddressSanitizer.
TEST(ThrownAt, IsHiddenFromLinkers) {
#ifndef __SANITIZE_ADDRESS__
  void* const library = ::dlopen("libshoal.so.0", RTLD_NOW | RTLD_NOLOAD);
  ASSERT_NE(library, nullptr);
  EXPECT_NE(::dlvsym(library, "__cxa_throw", "CXXABI_1.3"), nullptr);
  Dl_info where{};
  ASSERT_NE(::dladdr(::dlsym(library, "__cxa_throw"), &where), 0);
  EXPECT_THAT(where.dli_fname, ::testing::HasSubstr("libstdc++"));
  ::dlclose(library);
#endif
}

}  // namespace
}  // namespace shoal::host
