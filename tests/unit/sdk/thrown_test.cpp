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

/// Where what `work` throws was thrown; also when nothing watches.
template <typename Work>
ThrownAt where(const Work& work) {
  try {
    work();
  } catch (...) {
    return thrown_at(std::current_exception());
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

template <typename Work>
[[gnu::noinline]] ThrownAt where_watched(const Work& work) {
  const ThrowWatch watch;
  return where(work);
}

/// Whether the first of these return addresses lies in this function, or close behind it.
bool begins_in(const ThrownAt& at, void (*function)(const std::string&)) {
  const auto begin = reinterpret_cast<std::uintptr_t>(function);  // NOLINT
  return at.size > 0 && at.returns[0] > begin && at.returns[0] < begin + 4096;
}

TEST(ThrownAt, IsWhereTheThrowStands) {
  EXPECT_TRUE(begins_in(where_watched([] { throw_text("a"); }), &throw_text));
  EXPECT_TRUE(begins_in(where([] { throw_text("b"); }), &throw_text)) << "nobody watches";
}

TEST(ThrownAt, IsKnownForWhatTheStandardLibraryThrows) {
  EXPECT_GT(where_watched([] { throw_through_library(); }).size, 1u);
}

TEST(ThrownAt, EndsAtTheFunctionThatWatches) {
  const auto watched = where_watched([] { throw_text("a"); });
  const auto all = where([] { throw_text("a"); });
  EXPECT_LT(watched.size, 8u);
  EXPECT_GT(all.size, watched.size);
}

TEST(ThrownAt, IsWhereItWasThrownFirst) {
  const auto at = where_watched([] {
    try {
      throw_text("first");
    } catch (const std::runtime_error&) {
      for (int i = 0; i < 3; ++i) where([] { throw std::logic_error("others meanwhile"); });
      throw;
    }
  });
  EXPECT_TRUE(begins_in(at, &throw_text));
}

TEST(ThrownAt, IsKnownForAnExceptionOfAnotherThread) {
  const auto at =
      where_watched([] { std::async(std::launch::async, [] { throw_text("there"); }).get(); });
  EXPECT_TRUE(begins_in(at, &throw_text));
}

TEST(ThrownAt, HasABoundForDeepStacks) {
  struct Deep {
    [[gnu::noinline]] static int fall(int levels) {
      if (levels > 0) return fall(levels - 1) + 1;
      throw_text("deep");
      return 0;
    }
  };
  EXPECT_EQ(where_watched([] { Deep::fall(100); }).size, ThrownAt::kMost);
}

TEST(ThrownAt, IsNotKnownForWhatWasNeverThrown) {
  EXPECT_EQ(thrown_at(std::make_exception_ptr(42)).size, 0u);
  EXPECT_EQ(thrown_at(nullptr).size, 0u);
}

TEST(ThrownAt, IsToldByManyThreadsAtOnce) {
  std::vector<std::future<int>> threads;
  for (int i = 0; i < 4; ++i) {
    threads.push_back(std::async(std::launch::async, [] {
      int known = 0;
      for (int round = 0; round < 500; ++round) {
        known += begins_in(where_watched([] { throw_text("here"); }), &throw_text) ? 1 : 0;
        where([] { throw_text("unwatched"); });
      }
      return known;
    }));
  }
  for (auto& thread : threads) EXPECT_EQ(thread.get(), 500);
}

// A module with a C++ runtime of its own must not end up with half of it: so linkers do not see
// ours, except in a container with AddressSanitizer.
TEST(ThrownAt, IsNoSymbolThatLinkersSee) {
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
