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

TEST(LinkClosure, OfTheSupervisorHasNeitherLibfcgiNorWhatOpensModules) {
  const std::string libraries = libraries_of(SHOAL_BUILT_LINKS_SUPERVISOR);
  EXPECT_THAT(libraries, HasSubstr("libspdlog"));
  EXPECT_THAT(libraries, Not(HasSubstr("libfcgi")));
  EXPECT_THAT(libraries, Not(HasSubstr("libboost_filesystem"))) << "Boost.DLL needs it";
}

TEST(LinkClosure, OfAWorkerHasLibfcgiAndWhatOpensModules) {
  const std::string libraries = libraries_of(SHOAL_BUILT_LINKS_WORKER);
  EXPECT_THAT(libraries, HasSubstr("libfcgi"));
  EXPECT_THAT(libraries, HasSubstr("libboost_filesystem"));
}

}  // namespace
}  // namespace shoal::system
