#include "base/failure.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace shoal::base {
namespace {

TEST(Failure, NamesThingFactReasonAndRemedy) {
  const Failure failure{"/srv/a.so", "cannot be read", EACCES, "check that this user may read it"};
  EXPECT_EQ(failure.text(),
            "/srv/a.so: cannot be read (Permission denied); check that this user may read it");
}

TEST(Failure, LeavesOutWhatIsEmpty) {
  EXPECT_EQ((Failure{.fact = "cannot be read"}.text()), "cannot be read");
  EXPECT_EQ((Failure{.thing = "/srv/a.so", .fact = "is a link", .remedy = "remove it"}.text()),
            "/srv/a.so: is a link; remove it");
}

TEST(Failure, IsThrownAsTheExceptionThatTheCallerNames) {
  EXPECT_THROW(fail({.fact = "cannot be read"}), std::runtime_error);
  EXPECT_THROW(fail<std::logic_error>({.fact = "cannot be read"}), std::logic_error);
}

}  // namespace
}  // namespace shoal::base
