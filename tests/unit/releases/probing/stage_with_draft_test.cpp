#include <csignal>

#include <sys/resource.h>

#include "releases/linking/load_error.hpp"
#include "unit/releases/probing/probing.hpp"

namespace shoal::releases {
namespace {

using testing::HasSubstr;

class AStageWithADraft : public Probing {
 protected:
  Stage stage() { return Stage(folder() / "stages/1", "lone", files(), folder() / "drafts/1"); }

  Files files() const {
    const auto file = folder() / "apps/lone.so";
    return {{"lone", {file, *identity_of(file)}}};
  }
};

TEST_F(AStageWithADraft, HasTheSameBytesTwice) {
  drop_text("bytes");
  const Stage stage = this->stage();
  EXPECT_EQ(text_in(stage.file("lone")), "bytes");
  EXPECT_EQ(text_in(folder() / "drafts/1/lone.so"), "bytes");
  // printf bytes | sha256sum
  EXPECT_EQ(stage.sha256("lone"),
            "277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9");
}

TEST_F(AStageWithADraft, IsRemovedUnlessItIsKept) {
  drop_text("bytes");
  { const Stage stage = this->stage(); }
  EXPECT_TRUE(is_empty("stages"));
  std::filesystem::remove_all(folder() / "drafts/1");
  {
    Stage stage = this->stage();
    stage.keep();
  }
  EXPECT_FALSE(is_empty("stages"));
}

TEST_F(AStageWithADraft, IsMadeEvenIfTheFolderOfStagesWasRemoved) {
  drop_text("bytes");
  std::filesystem::remove(folder() / "stages");
  const Stage stage = this->stage();
  EXPECT_EQ(text_in(stage.file("lone")), "bytes");
}

TEST_F(AStageWithADraft, LeavesNothingWhenItCannotBeMade) {
  drop_text(std::string(100'000, 'x'));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit little = before;
  little.rlim_cur = 1'000;
  const auto handled = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &little), 0);
  std::string why;
  try {
    stage();
  } catch (const LoadError& error) {
    why = error.what();
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handled);
  EXPECT_THAT(why, HasSubstr("lone.so: cannot be staged below " + (folder() / "stages").native()));
  EXPECT_TRUE(is_empty("stages"));
  EXPECT_TRUE(is_empty("drafts"));
}

}  // namespace
}  // namespace shoal::releases
