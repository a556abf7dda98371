// Files that a program, such as a linker, has made and not closed yet.
#include <fcntl.h>
#include <unistd.h>

#include "base/descriptor.hpp"
#include "unit/releases/apps/watching.hpp"

namespace shoal::releases {
namespace {

class BeingWritten : public WatchedApps {
 protected:
  BeingWritten() { begins(WatchMode::kInotify, apps()); }

  base::Descriptor open(const char* file, int flags) const {
    return base::Descriptor(::open((apps() / file).c_str(), flags | O_WRONLY | O_CLOEXEC, 0700));
  }
};

TEST_F(BeingWritten, IsAFileFromItsCreationUntilItIsClosed) {
  auto file = open("a.so", O_CREAT);
  EXPECT_EQ(learns(), Names({"a"}));
  EXPECT_TRUE(folder_->being_written("a"));
  EXPECT_EQ(::write(file.get(), "one", 3), 3);
  EXPECT_EQ(::fchmod(file.get(), 0755), 0);
  EXPECT_EQ(learns(), Names({"a"}));
  EXPECT_TRUE(folder_->being_written("a"));
  EXPECT_EQ(::write(file.get(), "two", 3), 3);
  file = base::Descriptor();
  EXPECT_EQ(learns(), Names({"a"})) << "what was written since";
  EXPECT_FALSE(folder_->being_written("a"));
}

TEST_F(BeingWritten, IsNoFileThatWasCopiedMovedOrLinkedInWhole) {
  sh("echo one > new.so; cp new.so apps/a.so; install new.so apps/b.so; ln new.so apps/c.so");
  sh("ln -s ../new.so apps/d.so; mkdir out; cp new.so out; mv out apps/e; cp new.so f; mv f "
     "apps/f.so");
  EXPECT_EQ(learns(), Names({"a", "b", "c", "d", "e.new", "f"}));
  for (const auto& name : knows()) EXPECT_FALSE(folder_->being_written(name)) << name;
}

TEST_F(BeingWritten, IsNoFileThatWasRenamedAwayOrRemoved) {
  const auto a = open("a.so", O_CREAT), b = open("b.so", O_CREAT);
  learns();
  sh("rm apps/a.so; mv apps/b.so apps/c.so");
  learns();
  EXPECT_FALSE(folder_->being_written("a"));
  EXPECT_FALSE(folder_->being_written("b"));
  EXPECT_FALSE(folder_->being_written("absent"));
}

TEST_F(BeingWritten, IsForgottenWhenTheQueueOverflows) {
  const auto a = open("a.so", O_CREAT);
  learns();
  EXPECT_TRUE(folder_->being_written("a"));
  int most = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
  write("apps/b.so", "");
  write("apps/c.so", "");
  for (int i = 0; i <= most; ++i) {
    ::chmod((apps() / (i % 2 == 0 ? "b.so" : "c.so")).c_str(), 0600);
  }
  learns();
  EXPECT_FALSE(folder_->being_written("a"));
}

}  // namespace
}  // namespace shoal::releases
