// Peers that violate the protocol are closed with a reason, and cost neither memory nor the
// process.
#include <gmock/gmock.h>

#include <fstream>
#include <list>
#include <random>
#include <sstream>

#include "peers.hpp"

namespace shoal::system {
namespace {

using test::FastCgiClient;
using ::testing::Each;
using ::testing::HasSubstr;

class Violations : public Peers {
 protected:
  Violations() : Peers({.workers = "{ threads: 2, grace: 60s }"}) {}

  void SetUp() override {
    Peers::SetUp();
    expect_answers(2);
    first_worker_ = worker();
  }

  void TearDown() override {
    expect_answers();
    EXPECT_EQ(worker(), first_worker_) << "the process lives on";
    EXPECT_EQ(said("was ended by"), 0u);
    Peers::TearDown();
  }

  /// Returns the lines of the log that contain this text.
  std::vector<std::string> lines_with(const std::string& text) const {
    std::istringstream all(log());
    std::vector<std::string> lines;
    for (std::string line; std::getline(all, line);) {
      if (line.find(text) != std::string::npos) lines.push_back(line);
    }
    return lines;
  }

  /// Sends the bytes over TCP. Expects that the container closes the connection, and logs who the
  /// peer is, and this reason.
  void expect_closed(const std::string& bytes, const std::string& reason) {
    auto faulty = tcp_peer();
    faulty.send(bytes);
    EXPECT_TRUE(faulty.sees_close());
    EXPECT_TRUE(eventually([&] { return !lines_with(reason).empty(); })) << reason;
    EXPECT_THAT(lines_with(reason), Each(HasSubstr("127.0.0.1")));
  }

  std::size_t resident_kib() const {
    std::ifstream status("/proc/" + std::to_string(worker()) + "/status");
    std::size_t kib = 0;
    for (std::string word; status >> word;) {
      if (word == "VmRSS:" && status >> kib) break;
    }
    return kib;
  }

  static std::string long_length(std::uint32_t length) {
    std::string bytes;
    for (const unsigned shift : {24u, 16u, 8u, 0u}) {
      bytes += static_cast<char>(((length | 0x80000000u) >> shift) & 0xff);
    }
    return bytes;
  }

  pid_t first_worker_ = 0;
};

TEST_F(Violations, AParameterLongerThanItsHeadIsClosed) {
  const std::string head =
      test::begin(true) +
      test::record(FCGI_PARAMS,
                   long_length(0x3fffffff) + long_length(0x3fffffff) + std::string(10, 'A'));
  ASSERT_EQ(head.size(), 42u);
  expect_closed(head + test::record(FCGI_PARAMS, "") + test::record(FCGI_STDIN, ""), "parameter");
}

TEST_F(Violations, ParametersWithoutAnEndAreClosedAndTakeNoMemory) {
  const std::string record =
      test::record(FCGI_PARAMS, test::pairs({{std::string(100, 'X'), std::string(64'000, 'v')}}));
  const std::size_t before = resident_kib();
  std::size_t most = before;
  std::size_t sent = 0;
  auto endless = tcp_peer();
  endless.send(test::begin(true));
  for (; sent < 400u << 20 && endless.send(record); sent += record.size()) {
    if (sent % (record.size() * 100) == 0) most = std::max(most, resident_kib());
  }
  EXPECT_LT(sent, 400u << 20) << "closed before";
  most = std::max(most, resident_kib());
#ifndef SHOAL_BUILT_SANITIZED
  EXPECT_LT(most - before, 20'000u) << "KiB";
#endif
  EXPECT_TRUE(eventually([&] { return !lines_with("1 MiB").empty(); }));
  EXPECT_THAT(lines_with("1 MiB"), Each(HasSubstr("127.0.0.1")));
}

TEST_F(Violations, ManySmallParametersWithoutAnEndAreClosed) {
  std::string pairs;
  while (pairs.size() < 60'000) pairs += test::pairs({{"n", "v"}});
  auto endless = tcp_peer();
  endless.send(test::begin(true));
  std::size_t sent = 0;
  while (sent < 400u << 20 && endless.send(test::record(FCGI_PARAMS, pairs))) sent += pairs.size();
  EXPECT_LT(sent, 400u << 20);
}

TEST_F(Violations, AnotherVersionOfFastCgiIsClosed) {
  std::string head = get_of("/lone");
  head[0] = 2;
  expect_closed(head, "version 2");
}

TEST_F(Violations, AnotherProtocolIsClosed) {
  expect_closed("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "version 71");
}

TEST_F(Violations, AShortBeginOfARequestIsClosed) {
  expect_closed(test::record(FCGI_BEGIN_REQUEST, "abc"), "BEGIN_REQUEST");
}

TEST_F(Violations, ABodyBeforeTheEndOfTheParametersIsClosed) {
  expect_closed(test::begin(true) + test::record(FCGI_STDIN, "body"), "STDIN");
}

TEST_F(Violations, ThatComeOftenAreNotLoggedOneByOne) {
  constexpr std::size_t kPeers = 200;
  for (std::size_t i = 0; i < kPeers; ++i) {
    auto faulty = tcp_peer();
    faulty.send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_TRUE(faulty.sees_close());
  }
  EXPECT_TRUE(eventually([&] { return !lines_with("version 71").empty(); }));
  EXPECT_LT(lines_with("version 71").size(), kPeers / 4);
}

TEST_F(Violations, RandomRecordsCostNoRequest) {
  std::mt19937 random(4711);
  const auto below = [&random](unsigned end) { return static_cast<int>(random() % end); };
  for (int i = 0; i < 300; ++i) {
    std::list<FastCgiClient> faulty;
    faulty.push_back(i % 2 == 0 ? peer() : tcp_peer());
    std::string bytes = i % 3 == 0 ? "" : test::begin(true);
    for (int records = 0; records < 40; ++records) {
      std::string content(static_cast<std::size_t>(below(300)), '\0');
      for (char& each : content) each = static_cast<char>(below(i % 2 == 0 ? 256 : 12));
      bytes += test::record(below(14), content, below(3), below(256));
    }
    faulty.back().send(bytes);
    if (i % 10 == 0) expect_answers(2);
  }
}

TEST_F(Violations, RandomBytesCostNoRequest) {
  std::mt19937 random(4711);
  for (int i = 0; i < 50; ++i) {
    auto faulty = peer();
    std::string bytes(10'000, '\0');
    for (char& each : bytes) each = static_cast<char>(random());
    bytes[0] = 7;  // the version of FastCGI is 1
    faulty.send(bytes);
    EXPECT_TRUE(faulty.sees_close());
  }
}

}  // namespace
}  // namespace shoal::system
