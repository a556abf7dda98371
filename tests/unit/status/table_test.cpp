#include "status/table.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

#include "sample.hpp"
#include "status/words.hpp"

namespace shoal::status {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

std::size_t longest_line_of(const std::string& text) {
  std::istringstream lines(text);
  std::size_t longest = 0;
  for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
  return longest;
}

TEST(Table, BeginsWithGoodHealth) {
  const std::string text = table(sample::healthy());
  EXPECT_THAT(text, HasSubstr("ok  all 3 groups are healthy\n"));
  EXPECT_THAT(
      text,
      HasSubstr("aquarium   aquarium/12  5 min ago     1,000       3  4.8 ms  9.6 ms  healthy"));
  EXPECT_THAT(text, HasSubstr("4712     serving  24 h ago  1,204,331      12"));
}

TEST(Table, BeginsWithTheWorstFinding) {
  const std::string text = table(sample::troubled());
  const std::string when = " (2 h ago, " + utc(sample::kNow - 7200) + ")\n";
  EXPECT_LT(text.find("!!  shop serves nothing" + when + "    apps/shop/cart.so: no database\n"),
            text.find("GROUP"));
  EXPECT_THAT(text, HasSubstr(utc(sample::kNow - 240) + "  4690     SIGSEGV"));
  EXPECT_THAT(text, HasSubstr("4712/2  handling   95 s  GET /report/annual?year=2023"));
  EXPECT_THAT(text, HasSubstr("4690     SIGSEGV  aquarium/13  GET /about?x=2"));
}

TEST(Table, SeparatesPastFindings) {
  const std::string text = table(sample::troubled());
  EXPECT_LT(text.find("the last change of the configuration was refused"),
            text.find("\nearlier problems:\n-   1 worker process crashed"));
  EXPECT_THAT(table(sample::healthy()), Not(HasSubstr("earlier")));
}

TEST(Table, HasGenerationsAndStacksOfCrashes) {
  const std::string text = table(sample::troubled());
  EXPECT_THAT(text, HasSubstr("4 crashes, 2 configuration reloads, 21 generations\n"));
  EXPECT_THAT(text, HasSubstr("in quarantine      7\n"));
  EXPECT_THAT(text, HasSubstr("SIGSEGV, 3 times, first " + utc(sample::kNow - 7200) +
                              ":\n    aquarium::About::draw(shoal::Request&)+0x1c "));
}

TEST(Table, HasTheDeployerAndTheLastDeployments) {
  const std::string text = table(sample::troubled());
  EXPECT_THAT(text, HasSubstr("deployer: process 4720, started 24 h ago, watches by inotify\n"));
  EXPECT_THAT(text, ContainsRegex("DEPLOYED +GROUP +VERDICT +RELEASE +GENERATION +BY +TOOK\n"
                                  "1 s ago +hello +trying +4 +- +files of mallory +-\n"
                                  "2 min ago +guestbook +refused +2 +- +drop by trudy +-\n"
                                  "5 min ago +aquarium +live +12 +aquarium/12 +drop by mallory "
                                  "+340 ms\n"));
  Overview overview = sample::healthy();
  overview.deployer->answers = false;
  overview.deployer->heard = 0;
  EXPECT_THAT(table(overview), HasSubstr("; last answer: never\n"));
}

TEST(Table, FitsATerminal) {
  EXPECT_LE(longest_line_of(table(sample::healthy())), 100u);
  Overview overview = sample::healthy();
  overview.groups[0].name = overview.groups[0].generation = std::string(500, 'g');
  overview.workers[0].threads[1].request = "GET /" + std::string(8000, 'x');
  overview.workers[0].threads[1].module = std::string(500, 'm');
  EXPECT_LE(longest_line_of(table(overview)), 110u);
}

TEST(Table, HasNoControlCharactersEvenWithHostileTexts) {
  const std::string text = table(sample::hostile());
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) {
    return c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  }));
  EXPECT_THAT(text, Not(HasSubstr("\xe2\x80\xae")));
}

TEST(Table, HasColoursOnlyOnRequest) {
  EXPECT_THAT(table(sample::troubled()), Not(HasSubstr("\x1b")));
  EXPECT_THAT(table(sample::troubled(), true), HasSubstr("\x1b[31m!!  shop serves nothing\x1b[0m"));
}

TEST(Table, OfAnEmptyOverviewIsShort) {
  const std::string text = table(Overview{});
  EXPECT_THAT(text, HasSubstr("!!  no worker process serves"));
  EXPECT_THAT(text, Not(HasSubstr("GROUP")));
}

}  // namespace
}  // namespace shoal::status
