#include "releases/apps/identity.hpp"

#include "unit/releases/apps/apps_folder.hpp"

namespace shoal::releases {
namespace {

class IdentityOf : public AppsFolder {
 protected:
  IdentityOf() {
    write("apps/a.so", "one");
    write("new.so", "two");
  }

  Identity now() const { return identity_of(apps() / "a.so").value_or(Identity{}); }

  /// Whether the file is another one after `command`.
  bool differs_after(const std::string& command) const {
    const Identity before = now();
    sh(command);
    return now() != before;
  }
};

TEST_F(IdentityOf, StaysTheSameWhenTheFileIsOnlyRead) {
  EXPECT_FALSE(differs_after("cat apps/a.so > /dev/null; cp apps/a.so elsewhere.so"));
}

TEST_F(IdentityOf, DiffersAfterEachWayOfReplacingAFile) {
  for (const char* command :
       {"cp new.so apps/a.so", "cp -p new.so apps/a.so", "install new.so apps/a.so",
        "cp new.so apps/tmp; mv apps/tmp apps/a.so", "ln -sfn ../new.so apps/a.so; touch new.so",
        "printf two | dd of=apps/a.so conv=notrunc status=none", "touch apps/a.so",
        "touch -d 2001-01-01 apps/a.so", "touch -d 2400-01-01 apps/a.so"}) {
    EXPECT_TRUE(differs_after(command)) << command;
  }
}

TEST_F(IdentityOf, DiffersThoughSizeAndTimeWerePutBack) {
  EXPECT_TRUE(differs_after("touch -r apps/a.so new.so; cp -p new.so apps/a.so"));
}

TEST_F(IdentityOf, IsThatOfALinksTarget) {
  sh("ln -s ../new.so apps/link.so");
  EXPECT_EQ(identity_of(apps() / "link.so"), identity_of(folder() / "new.so"));
}

TEST_F(IdentityOf, IsNoneForWhatIsNoRegularFile) {
  sh("mkfifo apps/fifo.so; ln -s nowhere apps/dangling.so; ln -s loop.so apps/loop.so");
  for (const char* name : {"", "absent.so", "fifo.so", "dangling.so", "loop.so", "a.so/b.so"}) {
    EXPECT_EQ(identity_of(apps() / name), std::nullopt) << name;
  }
}

TEST_F(IdentityOf, AgesFromItsLastChange) {
  EXPECT_LT(age_of(now()), std::chrono::minutes(5));
  sh("touch -d 2001-01-01 apps/a.so");
  EXPECT_LT(age_of(now()), std::chrono::minutes(5)) << "a time set by hand is no age";
}

TEST(Age, OfWhatComesFromTheFutureIsZero) {
  Identity identity;
  identity.changed_ns = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(age_of(identity), std::chrono::nanoseconds::zero());
  identity.changed_ns = 0;
  EXPECT_GT(age_of(identity), std::chrono::hours(24));
}

}  // namespace
}  // namespace shoal::releases
