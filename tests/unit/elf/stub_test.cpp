#include "elf/stub.hpp"

#include "elf/facts.hpp"
#include "elf/loadable.hpp"
#include "sample.hpp"

namespace shoal::elf {
namespace {

TEST(Stub, NeedsTheGivenLibrariesInTheirOrder) {
  const std::vector<std::string> needed{"/stage/7/~7.1", "/stage/7/~7.0", "/stage/7/~7.2"};
  const Facts facts = read(stub(needed, "~7"));
  EXPECT_EQ(facts.needed, needed);
  EXPECT_EQ(facts.soname, "~7");
  EXPECT_FALSE(facts.handler);
  EXPECT_EQ(facts.unique_symbols, 0u);
  EXPECT_NO_THROW(require_loadable(facts));
}

TEST(Stub, MayNeedNoLibraryOrMany) {
  EXPECT_TRUE(read(stub({}, "~1")).needed.empty());
  const std::vector<std::string> many(1000, "/run/shoal/stage/a_long_name_of_a_module.so");
  EXPECT_EQ(read(stub(many, "~1")).needed, many);
}

}  // namespace
}  // namespace shoal::elf
