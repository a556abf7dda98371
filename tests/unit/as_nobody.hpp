#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

namespace shoal {

/// What root may not be while a test shows that something cannot be read. Nothing to do for others.
class AsNobody {
 public:
  AsNobody() { EXPECT_EQ(::seteuid(before_ == 0 ? 65534 : before_), 0); }
  ~AsNobody() { EXPECT_EQ(::seteuid(before_), 0); }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  const uid_t before_ = ::geteuid();
};

}  // namespace shoal
