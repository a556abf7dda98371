#include <gtest/gtest.h>

#include "built.hpp"
#include "process.hpp"

namespace shoal::system {
namespace {

std::string in_repository(const std::string& line) {
  return std::string("cd ") + built::kRepository + " && " + line;
}

TEST(Formatting, IsThatOfClangFormat) {
  const auto [exit_code, output] = run(in_repository(
      "find apps container tests \\( -name '*.hpp' -o -name '*.cpp' \\) -print0"
      " | xargs -0 " SHOAL_BUILT_CLANG_FORMAT " --dry-run --Werror --style=file 2>&1"));
  EXPECT_EQ(exit_code, 0) << output;
}

TEST(Formatting, WouldBeFoundWrong) {
  const auto [exit_code, output] =
      run(in_repository("printf 'int  x ;\\n' | " SHOAL_BUILT_CLANG_FORMAT
                        " --dry-run --Werror --style=file --assume-filename=container/x.cpp"));
  EXPECT_NE(exit_code, 0) << output;
}

TEST(Quotations, InTheDocumentationAreWhatIsCompiledAndTested) {
  const auto [exit_code, output] =
      run(in_repository(SHOAL_BUILT_PYTHON " tests/system/readme/quotes.py && " SHOAL_BUILT_PYTHON
                                           " tests/system/readme/quotes.py apps/debugging.md "
                                           "tests/system/debugging"));
  EXPECT_EQ(exit_code, 0) << output;
}

}  // namespace
}  // namespace shoal::system
