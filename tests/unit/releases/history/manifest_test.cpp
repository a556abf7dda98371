#include "releases/history/manifest.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace shoal::releases {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::system_clock;

const system_clock::time_point kTime{milliseconds(1'796'000'000'123)};

Release sample() {
  Release release;
  release.group = "aquarium";
  release.number = 13;
  release.files = {{.module = "aquarium.home",
                    .path = "/srv/apps/aquarium/home.so",
                    .sha256 = "9f86",
                    .build_id = "c0ff",
                    .size = 81'920}};
  release.attempts = {{.at = kTime,
                       .origin = {.kind = Origin::Kind::kDrop, .who = "mallory"},
                       .generation = 13,
                       .verdict = Verdict::kLive,
                       .reason = {}},
                      {.at = kTime,
                       .origin = {.kind = Origin::Kind::kReload, .who = {}},
                       .generation = 0,
                       .verdict = Verdict::kRefused,
                       .reason = "home.so: throws \"x\"; mend\tit"}};
  release.ban = Ban::kWithdrawn;
  release.crashes = 3;
  release.banned_at = kTime;
  return release;
}

TEST(ManifestTest, SaysAllOfTheReleaseInWordsAndNumbers) {
  const json all = json::parse(text_of_manifest(sample()));
  EXPECT_EQ(all.at("format"), 1);
  EXPECT_EQ(all.at("group"), "aquarium");
  EXPECT_EQ(all.at("number"), 13);
  EXPECT_EQ(all.at("verdict"), "refused");
  EXPECT_EQ(all.at("reason"), "home.so: throws \"x\"; mend\tit");
  EXPECT_EQ(all.at("generations"), json::array({13}));
  EXPECT_EQ(all.at("ban"), "withdrawn");
  EXPECT_EQ(all.at("files").at(0).at("path"), "/srv/apps/aquarium/home.so");
  EXPECT_EQ(all.at("attempts").at(0).at("at"), "2026-11-30T00:53:20.123Z");
  EXPECT_EQ(all.at("attempts").at(0).at("origin"), "drop");
  EXPECT_EQ(all.at("attempts").at(0).at("who"), "mallory");
}

TEST(ManifestTest, IsReadAsItWasWritten) {
  const Release release = release_of_manifest(text_of_manifest(sample()));
  EXPECT_EQ(text_of_manifest(release), text_of_manifest(sample()));
  EXPECT_EQ(release.attempts.at(0).at, kTime);
  EXPECT_EQ(release.banned_at, kTime);
  EXPECT_EQ(release.attempts.at(1).origin.kind, Origin::Kind::kReload);
}

TEST(ManifestTest, KeepsBytesThatAreNotUtf8) {
  Release release = sample();
  release.files[0].path = "/srv/\xff\xfe/k\xc3\xa4se/home.so";
  release.attempts[0].origin.who = "\xe9ric";
  const std::string text = text_of_manifest(release);
  EXPECT_EQ(json::parse(text).at("files").at(0).at("path"),
            "/srv/\xef\xbf\xbd\xef\xbf\xbd/k\xc3\xa4se/home.so");
  const Release again = release_of_manifest(text);
  EXPECT_EQ(again.files[0].path, release.files[0].path);
  EXPECT_EQ(again.attempts[0].origin.who, release.attempts[0].origin.who);
}

TEST(ManifestTest, IsRefusedIfItIsOfANewerFormatOrDamaged) {
  const std::string text = text_of_manifest(sample());
  json newer = json::parse(text);
  newer["format"] = 2;
  EXPECT_THROW(release_of_manifest(newer.dump()), std::exception);
  json outside = json::parse(text);
  outside["files"][0]["module"] = "../../etc/x";
  EXPECT_THROW(release_of_manifest(outside.dump()), std::exception);
  json untimely = json::parse(text);
  untimely["attempts"][0]["at"] = "yesterday";
  EXPECT_THROW(release_of_manifest(untimely.dump()), std::exception);
  for (std::size_t size = 0; size + 2 < text.size(); size += 7) {
    EXPECT_THROW(release_of_manifest(text.substr(0, size)), std::exception);
  }
}

TEST(ManifestTest, LeavesOutAttemptsInTheMiddleButNotTheLastLiveOne) {
  Release release = sample();
  const Attempt unchanged{
      .at = kTime, .origin = {}, .generation = 0, .verdict = Verdict::kUnchanged, .reason = {}};
  release.attempts[1].verdict = Verdict::kLive;
  release.attempts[1].generation = 20;
  for (int i = 0; i < 1'000; ++i) {
    release.attempts.push_back(unchanged);
    bound_attempts(release);
  }
  EXPECT_LE(release.attempts.size(), 32u);
  EXPECT_EQ(release.attempts[0].generation, 13u);
  EXPECT_EQ(release.attempts[1].generation, 20u);
}

}  // namespace
}  // namespace shoal::releases
