#include "releases/history/release.hpp"

#include <gmock/gmock.h>

namespace shoal::releases {
namespace {

ReleasedFile released(const std::string& module, const std::string& sha256) {
  return {.module = module, .path = "/x", .sha256 = sha256, .build_id = {}, .size = 1};
}

TEST(ContentOfAReleaseTest, IsTheSameForTheSameBytesWhereverTheyLay) {
  ReleasedFile elsewhere = released("a", "1");
  elsewhere.path = "/y";
  EXPECT_EQ(content_of({released("a", "1"), released("b", "2")}),
            content_of({released("b", "2"), elsewhere}));
}

TEST(ContentOfAReleaseTest, DiffersWithNamesAndBytes) {
  const auto content = content_of({released("a", "1"), released("b", "2")});
  EXPECT_NE(content, content_of({released("a", "2"), released("b", "1")}));
  EXPECT_NE(content, content_of({released("a", "1")}));
  EXPECT_NE(content_of({released("a", "b1")}), content_of({released("ab", "1")}));
}

TEST(WordsOfAReleaseTest, TellPeopleWhereItComesFrom) {
  EXPECT_EQ(text_of(Origin{Origin::Kind::kDrop, "mallory"}), "drop by mallory");
  EXPECT_EQ(text_of(Origin{Origin::Kind::kFiles, "mallory"}), "files of mallory");
  EXPECT_EQ(text_of(Origin{Origin::Kind::kRollback, "root"}), "rollback by root");
  EXPECT_EQ(text_of(Origin{Origin::Kind::kDrop, ""}), "drop");
  EXPECT_EQ(text_of(Origin{Origin::Kind::kDrop, "a\nb"}), "drop by a\\x0ab");
  EXPECT_EQ(text_of(Verdict::kOvertaken), "overtaken");
  EXPECT_EQ(text_of(Ban::kWithdrawn), "withdrawn");
}

TEST(VerdictOfAReleaseTest, IsThatOfTheLastAttempt) {
  Release release;
  EXPECT_EQ(release.verdict(), Verdict::kNone);
  release.attempts.resize(2);
  release.attempts[0].verdict = Verdict::kLive;
  release.attempts[1].verdict = Verdict::kRefused;
  EXPECT_EQ(release.verdict(), Verdict::kRefused);
  EXPECT_TRUE(release.was_live());
}

}  // namespace
}  // namespace shoal::releases
