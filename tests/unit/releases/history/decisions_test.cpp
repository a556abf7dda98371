#include "releases/history/decisions.hpp"

#include <nlohmann/json.hpp>

#include "kept_history.hpp"

namespace shoal::releases {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

using DecisionsTest = RunFolder;

TEST_F(DecisionsTest, AreEmptyWithoutAFileAndNothingIsMade) {
  EXPECT_THAT(read_decisions(run()), IsEmpty());
  EXPECT_THAT(read_works(run()), IsEmpty());
  EXPECT_THAT(names_below(run()), IsEmpty());
}

TEST_F(DecisionsTest, AreReadAsTheyWereWritten) {
  const Decision decision{.number = 15,
                          .release = 13,
                          .stage = "k\xff.15.80",
                          .pinned = true,
                          .service = "s1",
                          .configs = "c0",
                          .judged = "j0",
                          .rolled_back = true,
                          .instead_of = 14};
  write_decision(run(), "k\xff", decision);
  write_decision(run(), "pond", {});
  const Decisions read = read_decisions(run());
  ASSERT_EQ(read.size(), 2u);
  const Decision& it = read.at("k\xff");
  EXPECT_EQ(it.number, 15u);
  EXPECT_EQ(it.release, 13u);
  EXPECT_EQ(it.stage, "k\xff.15.80");
  EXPECT_TRUE(it.pinned);
  EXPECT_EQ(it.service, "s1");
  EXPECT_EQ(it.configs, "c0");
  EXPECT_EQ(it.judged, "j0");
  EXPECT_TRUE(it.rolled_back);
  EXPECT_EQ(it.instead_of, 14u);
  write_work(run(), "pond", {.fingerprint = "f", .file = "/a.so", .deaths = 2});
  const Works works = read_works(run());
  EXPECT_EQ(works.at("pond").fingerprint, "f");
  EXPECT_EQ(works.at("pond").file, "/a.so");
  EXPECT_EQ(works.at("pond").deaths, 2u);
  EXPECT_EQ(nlohmann::json::parse(contents(releases() / "pond/serve.json")).at("format"), 1);
  EXPECT_THAT(names_below(releases() / "pond"),
              testing::UnorderedElementsAre("serve.json", "working.json"));
}

TEST_F(DecisionsTest, AreRemovedOfOneGroup) {
  for (const char* group : {"pond", "lone"}) {
    write_decision(run(), group, {.number = 1});
    write_work(run(), group, {});
  }
  remove_decision(run(), "pond");
  remove_work(run(), "pond");
  remove_decision(run(), "never");
  EXPECT_EQ(read_decisions(run()).size(), 1u);
  EXPECT_TRUE(read_works(run()).contains("lone"));
  EXPECT_THAT(names_below(releases() / "pond"), IsEmpty());
}

TEST_F(DecisionsTest, AreSetAsideIfUnreadableAndItIsSaidOnce) {
  write(releases() / "pond/serve.json", R"({"format": 1, "group": "pond"})");
  write(releases() / "lone/serve.json", R"({"format": 1, "group": "pond"})");
  write(releases() / "pond/working.json", R"({"format": 2})");
  write_decision(run(), "good", {.number = 1});
  {
    const HistoryLog log;
    EXPECT_EQ(read_decisions(run()).size(), 1u);
    EXPECT_THAT(read_works(run()), IsEmpty());
    EXPECT_THAT(log.text(), HasSubstr("pond/serve.json: cannot be used"));
    EXPECT_THAT(log.text(), HasSubstr("lone/serve.json: cannot be used (it is of another group)"));
    EXPECT_THAT(log.text(), HasSubstr("working.json: cannot be used (its format 2"));
  }
  const HistoryLog log;
  EXPECT_EQ(read_decisions(run()).size(), 1u);
  EXPECT_THAT(read_works(run()), IsEmpty());
  EXPECT_EQ(log.text(), "");
  EXPECT_TRUE(std::filesystem::exists(releases() / "pond/serve.json.unreadable"));
}

TEST_F(DecisionsTest, AreNotReadThroughALink) {
  write(run() / "other.json", R"({"format": 1, "group": "pond"})");
  std::filesystem::create_directories(releases() / "pond");
  std::filesystem::create_symlink(run() / "other.json", releases() / "pond/serve.json");
  const HistoryLog log;
  EXPECT_THAT(read_decisions(run()), IsEmpty());
  EXPECT_THAT(log.text(), HasSubstr("is not a regular file"));
}

}  // namespace
}  // namespace shoal::releases
