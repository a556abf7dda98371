// A run folder of shoal 0.1, as its ledger and its kept files lie there.
#include "releases/history/migration.hpp"

#include <nlohmann/json.hpp>

#include "kept_history.hpp"
#include "releases/history/old_run.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

class MigrationTest : public KeptHistory {
 protected:
  static json page_with(unsigned long last) {
    return {{"shoal_ledger", 1},
            {"epoch", 2},
            {"last", last},
            {"generations", 9},
            {"made", json::array()},
            {"good", json::array()},
            {"withdrawn", json::array()}};
  }

  void write_page(const std::string& group, const json& page) const {
    write(run() / "ledger/lock", "");
    write(run() / "ledger" / (group + ".json"), page.dump(1) + "\n");
  }

  /// As `Kept` of 0.1 wrote it.
  void write_kept(const std::string& group, const std::string& fingerprint,
                  const std::string& bytes) const {
    const fs::path place = run() / "kept" / group / fingerprint;
    write(place / "home.so", bytes);
    std::string manifest;
    json::to_cbor(
        json{{"home", {"/srv/\xff/home.so", 1, 2, bytes.size(), 3, 4, sha256_of_text(bytes)}}},
        manifest);
    write(place / "manifest", manifest);
  }

  static json good(unsigned long number, const std::string& fingerprint, bool earlier = false) {
    return {{"number", number}, {"files", fingerprint}, {"earlier", earlier}};
  }

  static json withdrawn(unsigned long number, const std::string& fingerprint) {
    return {{"files", fingerprint},
            {"number", number},
            {"earlier", false},
            {"crashes", 3},
            {"since", 1'796'000'000}};
  }

  /// A file in the apps folder, as the only one of its group.
  Files dropped(const std::string& bytes) const {
    const fs::path file = run() / "apps/home.so";
    write(file, bytes);
    return {{"home", File{file, *identity_of(file)}}};
  }

  bool old_is_gone() const { return !fs::exists(run() / "ledger") && !fs::exists(run() / "kept"); }
};

TEST_F(MigrationTest, HasNothingToDoInANewRunFolder) {
  const HistoryLog log;
  EXPECT_FALSE(migrate(run(), history(), {}));
  EXPECT_EQ(log.text(), "");
}

TEST_F(MigrationTest, TakesOverNumbersAndLastGoodFilesAndSaysSo) {
  json page = page_with(12);
  page["made"].push_back({{"number", 14},
                          {"files", "f2"},
                          {"epoch", 2},
                          {"loading", json::array({1})},
                          {"published", false}});
  page["good"] = {good(12, "f2"), good(9, "f1")};
  write_page("pond", page);
  write_page("shelf", page_with(5));
  write_kept("pond", "f1", "one");
  write_kept("pond", "f2", "two");
  const HistoryLog log;
  EXPECT_TRUE(migrate(run(), history(), {}));
  EXPECT_THAT(log.text(),
              HasSubstr("taken over from shoal 0.1: numbers go on (groups: 2), last good "
                        "releases: 2, quarantines: 0"));
  EXPECT_TRUE(old_is_gone());
  start_again();
  EXPECT_EQ(history().next_number("pond"), 15u);
  EXPECT_EQ(history().next_number("shelf"), 6u);
  EXPECT_EQ(number_of(history().last_good("pond")), 12u);
  EXPECT_EQ(number_of(history().last_good("pond", {12})), 9u);
  const Release& release = history().of("pond").at(12);
  EXPECT_EQ(release.verdict(), Verdict::kLive);
  EXPECT_EQ(release.files.at(0).path, "/srv/\xff/home.so");
  EXPECT_EQ(contents(history().copies_of(release).at("home").path), "two");
  EXPECT_FALSE(migrate(run(), history(), {}));
}

TEST_F(MigrationTest, ReleasesOfAnEarlierStartAreOlderWhateverTheirNumbers) {
  json page = page_with(3);
  page["good"] = {good(3, "f2"), good(9, "f1", true)};
  write_page("pond", page);
  write_kept("pond", "f1", "one");
  write_kept("pond", "f2", "two");
  EXPECT_TRUE(migrate(run(), history(), {}));
  const Release* const last = history().last_good("pond");
  EXPECT_EQ(contents(history().copies_of(*last).at("home").path), "two");
  EXPECT_GT(history().next_number("pond"), last->number);
}

TEST_F(MigrationTest, TakesOverAQuarantineWhoseFilesStillLieInTheAppsFolder) {
  const Files files = dropped("crashes");
  json page = page_with(13);
  page["withdrawn"] = {withdrawn(12, old_fingerprint_of(files))};
  page["good"] = {good(13, "f1")};
  write_page("pond", page);
  write_kept("pond", "f1", "one");
  EXPECT_TRUE(migrate(run(), history(), {{"pond", files}}));
  const Release& release = history().of("pond").at(12);
  EXPECT_EQ(release.ban, Ban::kWithdrawn);
  EXPECT_EQ(release.crashes, 3u);
  EXPECT_EQ(release.banned_at, std::chrono::system_clock::from_time_t(1'796'000'000));
  EXPECT_EQ(release.files.at(0).sha256, sha256_of_text("crashes"));
  EXPECT_EQ(number_of(history().last_good("pond")), 13u);
  EXPECT_TRUE(fs::exists(run() / "apps/home.so"));
}

TEST_F(MigrationTest, AQuarantineEndedWhenItsFilesWereReplaced) {
  json page = page_with(12);
  page["withdrawn"] = {withdrawn(12, "other")};
  write_page("pond", page);
  EXPECT_TRUE(migrate(run(), history(), {{"pond", dropped("new")}}));
  EXPECT_THAT(history().of("pond"), IsEmpty());
  EXPECT_EQ(history().next_number("pond"), 13u);
}

TEST_F(MigrationTest, LeavesAGroupItsGoodFilesWhenTheSameBuildWasDroppedTwice) {
  const Files files = dropped("same");
  json page = page_with(13);
  page["withdrawn"] = {withdrawn(12, old_fingerprint_of(files))};
  page["good"] = {good(13, "f1")};
  write_page("pond", page);
  write_kept("pond", "f1", "same");
  EXPECT_TRUE(migrate(run(), history(), {{"pond", files}}));
  EXPECT_NE(history().last_good("pond"), nullptr);
}

TEST_F(MigrationTest, SetsAsideAPageThatCannotBeRead) {
  write_page("pond", page_with(3));
  write(run() / "ledger/shelf.json", "{");
  const HistoryLog log;
  EXPECT_TRUE(migrate(run(), history(), {}));
  EXPECT_THAT(log.text(), HasSubstr("ledger/shelf.json: not a page of the ledger"));
  EXPECT_EQ(contents(releases() / "shelf.ledger.unreadable"), "{");
  EXPECT_EQ(history().next_number("pond"), 4u);
  EXPECT_TRUE(old_is_gone());
  start_again();
  EXPECT_THAT(history().groups(), IsEmpty());
}

TEST_F(MigrationTest, LeavesOutKeptFilesThatAreNotWhole) {
  json page = page_with(3);
  page["good"] = {good(3, "f1"), good(2, "../../apps")};
  json other = page_with(3);
  other["good"] = {good(3, "f1")};
  write_page("pond", other);
  write_page("shelf", page);
  write_kept("pond", "f1", "one");
  write(run() / "kept/pond/f1/home.so", "changed");
  const HistoryLog log;
  EXPECT_TRUE(migrate(run(), history(), {}));
  EXPECT_THAT(log.text(), HasSubstr("home.so differs from what was copied"));
  EXPECT_THAT(log.text(), HasSubstr("not a fingerprint: ../../apps"));
  EXPECT_THAT(history().groups(), IsEmpty());
}

TEST_F(MigrationTest, GoesOnAfterAProcessWasKilledInTheMiddle) {
  json page = page_with(12);
  page["good"] = {good(12, "f1")};
  write_page("pond", page);
  write_kept("pond", "f1", "one");
  EXPECT_TRUE(migrate(run(), history(), {}));
  fs::create_directories(run() / "ledger");
  write_page("pond", page);
  write_kept("pond", "f1", "one");
  EXPECT_TRUE(migrate(run(), history(), {}));
  EXPECT_EQ(history().of("pond").size(), 1u);
  EXPECT_TRUE(old_is_gone());
}

TEST_F(MigrationTest, FollowsNoLinks) {
  write(run() / "elsewhere/pond.json", page_with(12).dump());
  fs::create_directory_symlink(run() / "elsewhere", run() / "ledger");
  const HistoryLog log;
  EXPECT_TRUE(migrate(run(), history(), {}));
  EXPECT_TRUE(fs::exists(run() / "elsewhere"));
  EXPECT_EQ(history().next_number("pond"), 1u);
}

}  // namespace
}  // namespace shoal::releases
