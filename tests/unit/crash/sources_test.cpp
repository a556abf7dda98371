#include "crash/sources.hpp"

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/stat.h>

#include <fstream>

#include "unit/fastcgi/scratch_folder.hpp"

namespace shoal::crash {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(StackLine, EndsWithItsSource) {
  const std::string line = "#3 0x7f12 Fish::swim()+0x12 (pond.fish.so+0x1149)";
  EXPECT_THAT(with_source(line, {{"Fish::swim()", "/pond/fish.cpp:12"}}),
              ElementsAre(line + " at /pond/fish.cpp:12"));
  EXPECT_THAT(with_source(line, {}), ElementsAre(line));
  EXPECT_THAT(with_source("#0 0x0", {}), ElementsAre("#0 0x0"));
}

TEST(StackLine, FollowsTheLinesOfInlinedFunctions) {
  const std::string line = "#3 0x7f12 (anonymous namespace)::swim()+0x12 (pond.fish.so+0x1149)";
  EXPECT_THAT(with_source(line, {{"flap", "/fin.cpp:1"}, {"turn", "/fin.cpp:9"}, {"swim", ""}}),
              ElementsAre("#3 0x7f12 flap, inlined at /fin.cpp:1",
                          "#3 0x7f12 turn, inlined at /fin.cpp:9", line));
}

TEST(StackLine, TakesAMissingFunctionFromTheSource) {
  EXPECT_THAT(with_source("#3 0x7f12 (pond.fish.so+0x1149)", {{"swim()", "/fish.cpp:2"}}),
              ElementsAre("#3 0x7f12 swim() (pond.fish.so+0x1149) at /fish.cpp:2"));
}

/// A lookup whose program is a script.
class Lookup : public ::testing::Test {
 protected:
  void script(const std::string& text) {
    std::ofstream(program()) << "#!/bin/sh\n" << text;
    ::chmod(program().c_str(), 0700);
  }
  std::filesystem::path program() const { return folder_ / "symbolize"; }

  Sources look_up(std::size_t places, std::chrono::milliseconds most = std::chrono::minutes(1)) {
    CodeFiles files;
    std::vector<CodePlace> asked;
    for (std::size_t i = 0; i < places; ++i) asked.push_back(files.place(program().native(), i));
    SourceLookup lookup(program(), asked, most);
    while (!lookup.finished()) {
      pollfd watched{lookup.descriptor(), POLLIN, 0};
      ::poll(&watched, 1, 10);
    }
    failure_ = lookup.failure();
    return lookup.sources();
  }

  std::string failure_;

 private:
  test::ScratchFolder folder_;
};

TEST_F(Lookup, SendsEachPlaceAndItsOpenFile) {
  script(
      "while read file address path; do printf '%s:%s\\t' $path $address; head -c9 <&$file; "
      "printf '\\n\\n'; done");
  const Sources sources = look_up(1);
  EXPECT_EQ(failure_, "");
  ASSERT_EQ(sources.size(), 1u);
  ASSERT_EQ(sources[0].size(), 1u);
  EXPECT_EQ(sources[0][0].place, program().native() + ":0x0");
  EXPECT_EQ(sources[0][0].function, "#!/bin/sh");
}

TEST_F(Lookup, KeepsTheAnswersBeforeACrash) {
  script("printf 'fish.cpp:1\\tswim\\n\\nfish.cpp:2\\tdi'; kill -SEGV $$");
  const Sources sources = look_up(3);
  EXPECT_EQ(failure_, "shoal-symbolize ended before it had answered");
  ASSERT_EQ(sources.size(), 3u);
  ASSERT_EQ(sources[0].size(), 1u);
  EXPECT_EQ(sources[0][0].place, "fish.cpp:1");
  EXPECT_THAT(sources[2], IsEmpty());
}

TEST_F(Lookup, EndsAProgramThatTakesTooLong) {
  script("exec sleep 1000");
  EXPECT_THAT(look_up(1, std::chrono::milliseconds(50)), ElementsAre(IsEmpty()));
  EXPECT_EQ(failure_, "shoal-symbolize did not answer in time");
}

TEST_F(Lookup, EndsAProgramWhoseAnswerIsTooLong) {
  script("yes");
  look_up(1);
  EXPECT_EQ(failure_, "the answer of shoal-symbolize is too long");
}

TEST_F(Lookup, ReportsAMissingProgram) {
  EXPECT_THAT(look_up(1), ElementsAre(IsEmpty()));
  EXPECT_THAT(failure_, HasSubstr(program().native() + " cannot be started"));
}

TEST_F(Lookup, MakesTheAnswerPrintable) {
  script("printf 'a\\033b\\tc\\007\\n\\n'");
  const Sources sources = look_up(1);
  ASSERT_EQ(sources[0].size(), 1u);
  EXPECT_EQ(sources[0][0].place, "a\\x1bb");
  EXPECT_EQ(sources[0][0].function, "c\\x07");
}

}  // namespace
}  // namespace shoal::crash
