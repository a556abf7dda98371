#include <sys/stat.h>

#include <thread>

#include "state_of_a_group.hpp"

namespace shoal::state {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

class FullStore : public StateOfAGroup {
 protected:
  FullStore() { options_.size = 2 << 20; }

  /// Sets the keys 0, 1, 2 ... of `state` until one fails. Returns how many it set.
  int fill(State& state, std::size_t bytes) {
    const std::string value(bytes, 'v');
    for (int count = 0;; ++count) {
      last_error_ = error_of([&] { state.set(std::to_string(count), value); });
      if (last_error_ != "no StateError") return count;
    }
  }

  std::int64_t taken() const {
    struct stat status {};
    ::stat(file().c_str(), &status);
    return status.st_blocks * std::int64_t{512};
  }

  std::string last_error_;
};

TEST_F(FullStore, NamesItsFolderAndTheRemedy) {
  EXPECT_GT(fill(pond(), 1000), 600);
  EXPECT_THAT(last_error_, AllOf(StartsWith(options_.path.native() + ": full: "), HasSubstr("2MiB"),
                                 HasSubstr("raise state.size")));
}

TEST_F(FullStore, KeepsItsEntries) {
  const int count = fill(pond(), 1000);
  for (int i = 0; i < count; ++i) {
    ASSERT_EQ(pond().get(std::to_string(i)).value_or("").size(), 1000u) << i;
  }
  EXPECT_EQ(pond().get(std::to_string(count)), std::nullopt);
}

TEST_F(FullStore, IsNotLargerOnDiskThanAllowed) {
  fill(pond(), 10);
  EXPECT_LE(taken(), static_cast<std::int64_t>(options_.size) +
                         (64 << 10));  // and blocks of the file system
}

// Erasing needs free pages, too: without a reserve the store would stay full for ever.
TEST_F(FullStore, CanBeEmptiedWhateverTheSizeOfItsEntries) {
  options_.size = 1 << 20;
  for (const std::size_t bytes : {10, 1000, 3000, 100'000}) {
    const auto group = store().of("group" + std::to_string(bytes));
    const int count = fill(*group, bytes);
    fill(*store().of("rest"), 1);
    for (int i = count; i-- > 0;) ASSERT_TRUE(group->erase(std::to_string(i))) << bytes;
    const int rest = fill(*store().of("rest"), 1);
    for (int i = 0; i < rest; ++i) ASSERT_TRUE(store().of("rest")->erase(std::to_string(i)));
    EXPECT_GT(count, 3) << bytes;
  }
}

TEST_F(FullStore, HoldsAsMuchAgainAfterErasing) {
  const int first = fill(pond(), 1000);
  for (int i = 0; i < first; ++i) pond().erase(std::to_string(i));
  EXPECT_GT(fill(pond(), 1000), first / 10 * 9);
}

TEST_F(FullStore, ReusesTheSpaceOfExpiredEntries) {
  const std::string value(1000, 'v');
  const auto session = [&](int i) { pond().set("session " + std::to_string(i), value, 50ms); };
  int count = 0;
  const auto fill_with_sessions = [&] {
    for (; count < 700; ++count) session(count);
  };
  // On a slow machine the first may expire while the last are set; the test holds then, too.
  EXPECT_EQ(error_of(fill_with_sessions), "no StateError");
  while (pond().get("session " + std::to_string(count - 1))) std::this_thread::sleep_for(1ms);
  EXPECT_GT(fill(pond(), 1000), 700);  // needs the space of nearly all of them
}

TEST_F(FullStore, CallsTheFunctionAgainAfterFreeingSpace) {
  const std::string value(100'000, 'v');
  int count = 0;
  while (error_of([&] { pond().set(std::to_string(count), value, 100ms); }) == "no StateError") {
    ++count;
  }
  while (pond().get(std::to_string(count - 1))) std::this_thread::sleep_for(1ms);
  int called = 0;
  pond().update("large", [&](const auto&) {
    ++called;
    return std::string(500'000, 'v');
  });
  EXPECT_EQ(called, 2);
  EXPECT_EQ(pond().get("large").value().size(), 500'000u);
}

TEST_F(FullStore, CanBeMadeLarger) {
  const int first = fill(pond(), 1000);
  close();
  options_.size = 4 << 20;
  EXPECT_GT(fill(pond(), 1000), first * 3 / 2);
}

TEST_F(FullStore, CanBeMadeSmallerAndStillErasedFrom) {
  const int count = fill(pond(), 1000);
  close();
  options_.size = 1 << 20;
  EXPECT_THAT(error_of([&] { pond().set("one more", "x"); }), HasSubstr("full"));
  for (int i = 0; i < count; ++i) ASSERT_TRUE(pond().erase(std::to_string(i)));
  pond().set("one more", "x");
  EXPECT_EQ(pond().get("one more"), "x");
}

}  // namespace
}  // namespace shoal::state
