#include <array>

#include "unit/sdk/answering.hpp"

namespace shoal::test {
namespace {

TEST(MemoryExchange, ReadsABodyInPiecesUntilItsEnd) {
  MemoryExchange exchange;
  exchange.receive("abcde");
  exchange.piece = 2;
  std::array<char, 4> buffer;
  EXPECT_EQ(exchange.read(buffer), 2u);
  EXPECT_EQ(exchange.read(buffer), 2u);
  EXPECT_EQ(exchange.read(buffer), 1u);
  EXPECT_EQ(buffer[0], 'e');
  EXPECT_EQ(exchange.read(buffer), 0u);
}

TEST(MemoryExchange, ThrowsAtTheEndOfATruncatedBody) {
  MemoryExchange exchange;
  exchange.receive_truncated("ab", 5);
  std::array<char, 4> buffer;
  EXPECT_EQ(exchange.read(buffer), 2u);
  EXPECT_THROW(exchange.read(buffer), BodyError);
}

TEST(MemoryExchange, RefusesWritesWhenThePeerHasGone) {
  MemoryExchange exchange;
  EXPECT_TRUE(exchange.write("a"));
  exchange.gone = true;
  EXPECT_FALSE(exchange.write("b"));
  EXPECT_FALSE(exchange.flush());
  EXPECT_EQ(exchange.sent, "a");
}

}  // namespace
}  // namespace shoal::test
