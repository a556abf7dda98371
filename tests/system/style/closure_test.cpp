// What the programs of one component link: everything that the target needs, and nothing above it.
#include <gmock/gmock.h>

#include "process.hpp"

namespace shoal::system {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Returns the libraries that a program needs, a line each.
std::string libraries_of(const std::string& program) {
  const auto [exit_code, output] = run("readelf --dynamic '" + program + "' | grep NEEDED");
  EXPECT_EQ(exit_code, 0) << output;
  return output;
}

TEST(LinkClosure, OfTheSupervisorHasNoLibfcgi) {
  const std::string libraries = libraries_of(SHOAL_BUILT_LINKS_SUPERVISOR);
  EXPECT_THAT(libraries, HasSubstr("libspdlog"));
  EXPECT_THAT(libraries, Not(HasSubstr("libfcgi")));
}

TEST(LinkClosure, OfAWorkerHasLibfcgi) {
  EXPECT_THAT(libraries_of(SHOAL_BUILT_LINKS_WORKER), HasSubstr("libfcgi"));
}

}  // namespace
}  // namespace shoal::system
