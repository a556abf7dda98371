#include "releases/staging/stages.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/descriptor.hpp"
#include "kept_history.hpp"
#include "releases/staging/stage.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class StagesTest : public RunFolder {
 protected:
  /// Maps the file, and removes it if that is wished.
  static void* map(const fs::path& file) {
    write(file, "bytes");
    const base::Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    void* const address = ::mmap(nullptr, 5, PROT_READ, MAP_PRIVATE, opened.get(), 0);
    EXPECT_NE(address, MAP_FAILED);
    return address;
  }
};

TEST_F(StagesTest, NamesStagesAsLabelsAreReadFromThem) {
  const Stages stages(run());
  const auto name = stages.name("aquarium", 12, 345);
  EXPECT_EQ(name, run() / "stages/aquarium.12.345");
  EXPECT_EQ(label_of_stage(name / "home.so"), "aquarium/12");
  EXPECT_EQ(stages.name("../x", 1, 2).parent_path(), run() / "stages");
}

TEST_F(StagesTest, NeverGivesACountTwice) {
  std::set<unsigned long> counts;
  Stages old(run());
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(counts.insert(old.next_count()).second);
  Stages young(run());  // of a new deployer, while the old one still works
  for (int i = 0; i < 250; ++i) {
    EXPECT_TRUE(counts.insert(young.next_count()).second);
    EXPECT_TRUE(counts.insert(old.next_count()).second);
  }
}

TEST_F(StagesTest, CountsOnAfterAProcessWasKilled) {
  const pid_t child = ::fork();
  if (child == 0) {
    Stages stages(run());
    for (int i = 0; i < 130; ++i) stages.next_count();
    ::raise(SIGKILL);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_GT(Stages(run()).next_count(), 130u);
}

TEST_F(StagesTest, CountsOnWhenTheCounterOrTheFolderIsLost) {
  Stages stages(run());
  for (int i = 0; i < 150; ++i) stages.next_count();
  fs::remove_all(run() / "stages");
  EXPECT_EQ(stages.next_count(), 151u);
  EXPECT_TRUE(fs::is_directory(run() / "stages"));

  fs::create_directory(stages.name("pond", 1, 777));
  fs::remove(run() / "stages/.count");
  EXPECT_EQ(Stages(run()).next_count(), 778u);

  void* const mapped = map(stages.name("pond", 2, 1'777) / "home.so");
  fs::remove_all(run() / "stages");
  EXPECT_EQ(Stages(run()).next_count(), 1'778u);
  ::munmap(mapped, 5);
}

TEST_F(StagesTest, WritesTheCounterOnlyEveryHundredthTime) {
  Stages stages(run());
  stages.next_count();
  const std::string before = contents(run() / "stages/.count");
  for (int i = 0; i < 99; ++i) stages.next_count();
  EXPECT_EQ(contents(run() / "stages/.count"), before);
  EXPECT_EQ(stages.next_count(), 101u);
  EXPECT_NE(contents(run() / "stages/.count"), before);
}

TEST_F(StagesTest, ListsAndRemovesStagesAndWhatAnOlderContainerLeft) {
  const Stages stages(run());
  write(run() / "stages/pond.1.7/home.so", "x");
  write(run() / "stages/a1B2c3/pond.1.1/home.so", "x");
  EXPECT_THAT(stages.stages(), UnorderedElementsAre("pond.1.7", "a1B2c3"));
  EXPECT_TRUE(stages.remove("pond.1.7"));
  EXPECT_TRUE(stages.remove("a1B2c3"));
  EXPECT_TRUE(stages.remove("unknown"));
  EXPECT_THAT(stages.stages(), IsEmpty());
}

TEST_F(StagesTest, RemovesNothingElse) {
  Stages stages(run());
  stages.next_count();
  write(run() / "other/home.so", "x");
  fs::create_directory_symlink(run() / "other", run() / "stages/link");
  for (const char* name : {"", ".", "..", "../other", ".count"}) {
    EXPECT_FALSE(stages.remove(name)) << name;
  }
  EXPECT_TRUE(stages.remove("link"));
  EXPECT_TRUE(fs::exists(run() / "other/home.so"));
  EXPECT_TRUE(fs::exists(run() / "stages/.count"));
}

TEST_F(StagesTest, HasShortLabels) {
  EXPECT_EQ(label_of(1), "~1");
  EXPECT_EQ(label_of(35), "~z");
  EXPECT_EQ(label_of(36), "~10");
  EXPECT_EQ(label_of(~0UL), "~3w5e11264sgsf");
}

TEST_F(StagesTest, IsPrivate) {
  const Stages stages(run());
  struct stat status {};
  ASSERT_EQ(::stat(stages.folder().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700u);
}

TEST_F(StagesTest, RefusesALinkInItsPlace) {
  fs::create_directory(run() / "elsewhere");
  fs::create_directory_symlink(run() / "elsewhere", run() / "stages");
  EXPECT_THROW(Stages{run()}, std::runtime_error);
}

TEST_F(StagesTest, KnowsWhatThisProcessHasMappedEvenIfItIsRemoved) {
  const Stages stages(run());
  EXPECT_THAT(mapped_stages(stages.folder()), IsEmpty());
  void* const here = map(stages.name("pond", 1, 7) / "home.so");
  void* const gone = map(stages.name("a b", 1, 8) / "home.so");
  map(run() / "other/pond.1.9/home.so");
  fs::remove_all(stages.name("a b", 1, 8));
  EXPECT_THAT(mapped_stages(stages.folder()), UnorderedElementsAre("pond.1.7", "a b.1.8"));
  ::munmap(here, 5);
  EXPECT_THAT(mapped_stages(stages.folder()), ElementsAre("a b.1.8"));
  ::munmap(gone, 5);
}

TEST_F(StagesTest, KnowsWhatAnotherProcessHasMapped) {
  const Stages stages(run());
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    map(stages.name("pond", 1, 7) / "home.so");
    if (::write(ready[1], "x", 1) == 1) ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_THAT(mapped_stages(stages.folder()), ElementsAre("pond.1.7"));
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_THAT(mapped_stages(stages.folder()), IsEmpty());
  ::close(ready[0]);
  ::close(ready[1]);
}

}  // namespace
}  // namespace shoal::releases
