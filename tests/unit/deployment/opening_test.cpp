// The thread that opens and closes: what happens there, what must not, and how it ends.
#include <unistd.h>

#include "base/own_thread.hpp"
#include "generations/holders.hpp"
#include "serving.hpp"

namespace shoal::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Loading : public Serving {
 protected:
  /// Ends the container, on the thread that is returned, while its worker opens `lone` and waits
  /// for a latch. The worker has let go of everything then; its thread is still at it.
  std::thread ends_while_it_opens() {
    drop("v1", "lone");
    serve();
    hold("1");
    drop("slow1", "lone");
    enter("nothing");
    EXPECT_TRUE(eventually([this] { return is_waiting("1"); }));
    const std::weak_ptr<const Snapshot> last = enter("nothing");
    std::thread closing([this] {
      const base::OwnThread own_thread;
      end();
    });
    EXPECT_TRUE(eventually([&] { return last.expired(); }));
    return closing;
  }
};

TEST_F(Loading, MakesAndDestroysHandlersOnOneThreadThatServesNobody) {
  drop("v1", "lone");
  serve();
  drop("v2", "lone");
  EXPECT_EQ(get("lone"), "lone 2");
  end();
  std::ifstream diary(folder() / "diary");
  std::string what, number, by, thread, id, first;
  std::vector<std::string> events;
  while (diary >> what >> number >> by >> thread >> id) {
    events.push_back(what + " " + number);
    if (first.empty()) first = id;
    EXPECT_EQ(id, first);
  }
  EXPECT_NE(first, std::to_string(::gettid()));
  EXPECT_THAT(events, testing::UnorderedElementsAre("made 1", "made 2", "gone 1", "gone 2"));
}

TEST_F(Loading, KeepsTheOldHandlerForTheRequestThatHoldsIt) {
  drop_pond("v1");
  serve();
  const auto held = enter("pond.left");
  drop_pond("v2");
  ASSERT_TRUE(eventually([this] { return get("pond.left") == "left 2 on base 2"; }));
  EXPECT_EQ(answer_in(*held, "pond.left"), "left 1 on base 1");
  EXPECT_EQ(answer_in(*held, "pond.right"), "right 1 on base 1");
  EXPECT_TRUE(std::filesystem::exists(held->find("pond.left")->generation->folder()));
}

TEST_F(Loading, EndsInTheMiddleOfALoad) {
  std::thread closing = ends_while_it_opens();
  lift("1");
  closing.join();
  EXPECT_FALSE(still_mapped(run()));
}

TEST_F(Loading, BeginsNothingMoreOnceItEnds) {
  std::thread closing = ends_while_it_opens();
  drop("throws", "lone");
  drop_pond("v1");
  lift("1");
  closing.join();
  EXPECT_FALSE(still_mapped(run()));
  EXPECT_THAT(read("diary"), Not(HasSubstr("tried")));
}

TEST_F(Loading, LeavesMappedWhatAVisitorHoldsToTheEnd) {
  drop("v1", "shelf");
  drop("v1", "lone");
  serve();
  // A promise for the worst case only, see ~Generations: the code must not go while it is held.
  auto held = enter("lone");
  const auto folder = held->find("lone")->generation->folder();
  end();
  EXPECT_EQ(answer_in(*held, "lone"), "lone 1");
  EXPECT_TRUE(still_mapped(folder));
  // Never released, not even at the end of the process: no thread is left to close it.
  using Snapshots = std::vector<std::shared_ptr<const Snapshot>>;
  static auto& held_for_ever = *std::make_unique<Snapshots>().release();
  held_for_ever.push_back(std::move(held));
}

TEST_F(Loading, StartsAgainAfterAnEndWithTheSameFolders) {
  drop("v1", "lone");
  for (int i = 0; i < 5; ++i) {
    serve();
    EXPECT_EQ(get("lone"), "lone 1");
    EXPECT_EQ(label("lone"), "lone/1") << "the same run of the service";
    EXPECT_TRUE(eventually([this] { return stages() == 1; }));
    end();
  }
}

TEST_F(Loading, ServesWhatIsGoodWhenAnotherGroupIsBadAtTheStart) {
  drop_pond("v1");
  drop("throws", "lone");
  write("apps/broken.so", "text");
  serve();
  EXPECT_EQ(get("pond.left"), "left 1 on base 1");
  EXPECT_EQ(get("lone"), "503");
  EXPECT_EQ(get("broken"), "503");
}

TEST_F(Loading, SaysWhatIsWrongWithTheAppsFolder) {
  sh("rmdir apps");
  EXPECT_THROW(serve(), std::runtime_error);
  EXPECT_EQ(stages(), 0u);
}

}  // namespace
}  // namespace shoal::test
