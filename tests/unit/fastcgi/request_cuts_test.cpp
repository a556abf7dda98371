// However the bytes of a connection are cut, the same requests come of them; also if another reader
// takes the connection over in the middle. tests/fuzz tries more of them.
#include <gtest/gtest.h>

#include <random>

#include "fastcgi_client.hpp"
#include "fuzz/read_requests.hpp"
#include "scratch_folder.hpp"

namespace shoal::fastcgi {
namespace {

using test::begin;
using test::record;
using test::request;
using test::stream;

constexpr unsigned kCollectAll = 0;
constexpr unsigned kStreamAll = 0xffffffff;

/// Requests of every kind, and what lies between them.
std::string conversation() {
  const std::string params =
      test::pairs({{"a", "1"}, {"", ""}, {"SCRIPT_NAME", std::string(140, 's')}});
  const std::string post = test::pairs({{"CONTENT_LENGTH", "6"}});
  std::string other = begin(true);
  other[3] = 9;
  return begin(true) + record(FCGI_PARAMS, params.substr(0, 9), 1, 3) + other +
         record(FCGI_PARAMS, params.substr(9), 1, 5) + record(FCGI_PARAMS, "", 1, 7) +
         record(FCGI_STDIN, "", 1, 4) +
         record(FCGI_GET_VALUES, test::pairs({{"FCGI_MPXS_CONNS", ""}}), 0, 2) + begin(true) +
         stream(FCGI_PARAMS, post) + record(FCGI_STDIN, "abc", 1, 6) + record(77, "unknown", 0, 1) +
         record(FCGI_STDIN, "def+", 1, 2) + record(FCGI_STDIN, "more") + record(FCGI_STDIN, "") +
         request({}, "in chunks") + request({{"CONTENT_LENGTH", "0"}}) +
         request({{"CONTENT_LENGTH", "0"}}, "more") + begin(true, FCGI_AUTHORIZER) +
         stream(FCGI_PARAMS, params) + begin(true) + stream(FCGI_PARAMS, params) +
         record(FCGI_STDIN, "part") + record(FCGI_ABORT_REQUEST, "", 1, 3) +
         request({{"CONTENT_LENGTH", "no"}}, "malformed") + request({{"a", "last"}}, "", false);
}

class Cuts : public ::testing::Test {
 protected:
  Outcome outcome(std::string_view bytes, const Reading& how = {}) const {
    return outcome_of(bytes, rules_, how);
  }

  test::ScratchFolder folder_;
  BodyBudget budget_{UINT64_MAX};
  ReaderRules rules_{.body = 200'000, .folder = folder_ / "", .budget = budget_};
};

TEST_F(Cuts, ChangeNothing) {
  const std::string bytes = conversation();
  for (const unsigned ways : {kCollectAll, kStreamAll, 0xAAAAAAAAU, 0xC6C6C6C6U}) {
    const Outcome whole = outcome(bytes, {.ways = ways});
    EXPECT_NE(whole.requests.find("between requests, idle"), std::string::npos);
    for (std::size_t cut = 1; cut < 300; ++cut)
      EXPECT_EQ(outcome(bytes, {.cut = cut, .ways = ways}), whole) << cut;
  }
}

TEST_F(Cuts, ChangeNothingAnywhere) {
  const std::string bytes = conversation();
  const Outcome whole = outcome(bytes);
  for (std::size_t cut = 1; cut < bytes.size(); ++cut)
    EXPECT_EQ(outcome(bytes, {.cut = cut}), whole) << cut;
}

TEST_F(Cuts, ChangeNothingOfAConnectionThatStops) {
  const std::string all = conversation();
  for (std::size_t size = 0; size <= all.size(); ++size) {
    const std::string_view bytes = std::string_view(all).substr(0, size);
    for (const unsigned ways : {kCollectAll, kStreamAll})
      EXPECT_EQ(outcome(bytes, {.cut = 1, .ways = ways}), outcome(bytes, {.ways = ways})) << size;
  }
}

TEST_F(Cuts, ChangeNothingIfAnotherReaderTakesOver) {
  const std::string bytes = conversation();
  for (const unsigned ways : {kCollectAll, kStreamAll, 0xAAAAAAAAU}) {
    const Outcome whole = outcome(bytes, {.ways = ways});
    for (const std::size_t cut : {ways == kCollectAll ? 1 : 5, 7, 50}) {
      for (std::size_t step = 0; step < bytes.size(); ++step) {
        const Outcome with = outcome(bytes, {.cut = cut, .ways = ways, .replay_at = step});
        EXPECT_EQ(with, whole) << "cut " << cut << ", at step " << step;
        EXPECT_TRUE(with.replayed || step > bytes.size() / cut) << step;
      }
    }
  }
}

TEST_F(Cuts, ChangeNothingOfLargeBodiesAndParameters) {
  std::string body(150'000, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31 >> 3);
  const std::string bytes =
      request({{"CONTENT_LENGTH", "150000"}, {"a", std::string(100'000, 'a')}}, body) +
      request({}, body) + request({}, body + body) + request({{"CONTENT_LENGTH", "60000"}}, body);
  for (const unsigned ways : {kCollectAll, kStreamAll}) {
    const Outcome whole = outcome(bytes, {.ways = ways});
    for (const std::size_t cut : {500, 4'001, 16'384})
      EXPECT_EQ(outcome(bytes, {.cut = cut, .ways = ways}), whole) << cut;
    for (std::size_t step = 0; step < 60; ++step)
      EXPECT_EQ(outcome(bytes, {.cut = 8'000, .ways = ways, .replay_at = step}), whole) << step;
  }
}

TEST_F(Cuts, ChangeNothingOfRandomRecords) {
  std::mt19937 random(20'241'112);
  const auto below = [&](unsigned bound) { return random() % bound; };
  for (int round = 0; round < 2'000; ++round) {
    std::string bytes;
    for (unsigned i = below(30); i > 0; --i) {
      switch (below(6)) {
        case 0:
          bytes += begin(below(4) != 0, below(8) == 0 ? 2 : 1);
          break;
        case 1:
          bytes += stream(FCGI_PARAMS,
                          test::pairs({{"a", "b"}, {"CONTENT_LENGTH", std::to_string(below(20))}}));
          break;
        case 2:
          bytes += record(FCGI_STDIN, std::string(below(12), 's'),
                          1 + static_cast<int>(below(8) == 0), static_cast<int>(below(5)));
          break;
        case 3:
          bytes += request({{"a", std::to_string(i)}}, std::string(below(9), 'r'));
          break;
        case 4:
          bytes += record(static_cast<int>(below(12)), std::string(below(3), '\0'),
                          static_cast<int>(below(2)), static_cast<int>(below(3)));
          break;
        default:
          bytes += record(FCGI_ABORT_REQUEST, "");
      }
    }
    const unsigned ways = random();
    const Outcome whole = outcome(bytes, {.ways = ways});
    EXPECT_EQ(outcome(bytes, {.cut = 1 + below(20), .ways = ways}), whole) << round;
    EXPECT_EQ(outcome(bytes, {.cut = 1 + below(20), .ways = ways, .replay_at = below(40)}), whole)
        << round;
  }
}

}  // namespace
}  // namespace shoal::fastcgi
