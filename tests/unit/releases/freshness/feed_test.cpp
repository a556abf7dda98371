// What the processes of one configuration inherit from the supervisor.
#include "releases/freshness/feed.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include "child.hpp"
#include "releases/apps/watch.hpp"
#include "unit/releases/apps/apps_folder.hpp"
#include "unit/releases/apps/kernel.hpp"

namespace shoal::releases {
namespace {

class TheFeed : public AppsFolder {
 protected:
  bool is_queued_elsewhere() const {
    return Child([this] { return feed_.queued() ? 1 : 0; }).wait() == 1;
  }

  static bool is_ready(const base::Descriptor& descriptor) {
    pollfd entry{descriptor.get(), POLLIN, 0};
    return ::poll(&entry, 1, 0) == 1;
  }

  const Feed feed_ = Feed::make();
};

TEST_F(TheFeed, IsNotPassedToOtherProgramsAndDoesNotBlock) {
  for (const auto& descriptor : {feed_.inotify, feed_.wake}) {
    EXPECT_NE(::fcntl(descriptor->get(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_NE(::fcntl(descriptor->get(), F_GETFL) & O_NONBLOCK, 0);
  }
}

TEST_F(TheFeed, TellsEveryProcessOfAnEventUntilOneHasReadIt) {
  Watch watch(feed_.inotify);
  watch.add(apps());
  EXPECT_FALSE(feed_.queued());
  EXPECT_FALSE(is_queued_elsewhere());
  write("apps/a.so", "one");
  EXPECT_TRUE(feed_.queued());
  EXPECT_TRUE(is_queued_elsewhere());
  EXPECT_EQ(Child([this] { return static_cast<int>(Watch(feed_.inotify).read().size()); }).wait(),
            2)
      << "created and closed";
  EXPECT_FALSE(feed_.queued());
}

TEST_F(TheFeed, LosesNoEventWhenTheDeployerIsKilled) {
  Child([this] { return Watch(feed_.inotify).add(apps()) ? 0 : 1; }).wait();
  EXPECT_FALSE(feed_.queued());
  write("apps/a.so", "one");
  EXPECT_TRUE(feed_.queued());
  EXPECT_TRUE(is_queued_elsewhere());
}

TEST_F(TheFeed, HasNothingQueuedWhereTheKernelGrantsNoInotify) {
  const KernelAsItIs again;
  kernel.grants_inotify = false;
  const Feed feed = Feed::make();
  EXPECT_EQ(feed.inotify, nullptr);
  EXPECT_NE(feed.page, nullptr);
  EXPECT_NE(feed.wake, nullptr);
  EXPECT_FALSE(feed.queued());
}

TEST_F(TheFeed, WakesTheDeployerThatIsAskedToCompare) {
  EXPECT_FALSE(is_ready(*feed_.wake));
  Child([this] { return feed_.ask_to_compare(), 0; }).wait();
  EXPECT_TRUE(is_ready(*feed_.wake));
  eventfd_t times = 0;
  EXPECT_EQ(::eventfd_read(feed_.wake->get(), &times), 0);
  EXPECT_FALSE(is_ready(*feed_.wake));
}

TEST_F(TheFeed, KeepsNoWorkerThatAsksADeployerThatNeverReads) {
  constexpr eventfd_t kAlmostFull = UINT64_MAX - 1;
  ASSERT_EQ(::eventfd_write(feed_.wake->get(), kAlmostFull), 0);
  feed_.ask_to_compare();
  EXPECT_TRUE(is_ready(*feed_.wake));
}

}  // namespace
}  // namespace shoal::releases
