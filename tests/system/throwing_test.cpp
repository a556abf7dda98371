// What the log says about an exception that a handler does not catch, and where it was thrown.
#include <gmock/gmock.h>

#include <chrono>

#include "built.hpp"
#include "eventually.hpp"
#include "site.hpp"
#include "source_line.hpp"

namespace shoal::system {
namespace {
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class HandlerException : public Site {
 protected:
  explicit HandlerException(SiteOptions options = {.routes = "{ /throws: throws }"})
      : Site(std::move(options)) {}

  void SetUp() override {
    drop("throws");
    start();
    EXPECT_EQ(get("/throws").body, "no fish\n");
  }

  static std::string line_of(const std::string& comment) {
    return source_line("throws.cpp", comment);
  }

  /// Has the handler throw in this way. Returns what the log says about it, once that contains
  /// `last`: by default the last frame of a complete stack, the handler.
  std::string logged_for(const std::string& how, const std::string& last = "handle") {
    const std::size_t before = log().size();
    EXPECT_EQ(get("/throws?how=" + how).status, 500);
    std::string logged;
    EXPECT_TRUE(eventually([&] {
      logged = log().substr(before);
      return logged.find(last) != std::string::npos && logged.ends_with('\n');
    })) << logged;
    return logged;
  }
};

TEST_F(HandlerException, IsLoggedWithItsTypeAndItsStack) {
  const std::string plain = logged_for("plain");
  EXPECT_THAT(plain, ContainsRegex("GET /throws\\?how=plain: throws \\(throws/1\\): "
                                   ".*OutOfFish: nothing in the net\n"));
  EXPECT_THAT(plain, ContainsRegex("#0 0x[0-9a-f]+ .*look_into_the_net.*\\+0x[0-9a-f]+ "
                                   "\\(throws.so\\+0x[0-9a-f]+\\) at /.*" +
                                   line_of("thrown") + "\n"));
  EXPECT_THAT(plain, Not(HasSubstr("libshoal")))
      << "the frames of libraries that throw are left out";

  const std::string inlined = logged_for("inlined");
  EXPECT_THAT(inlined,
              ContainsRegex("#1 0x[0-9a-f]+ .*cast.*, inlined at .*" + line_of("inlined")));
  EXPECT_THAT(inlined, ContainsRegex("#1 0x[0-9a-f]+ .*handle.* at .*" + line_of("called")));

  const std::string library = logged_for("library");
  EXPECT_THAT(library, HasSubstr("std::invalid_argument: stoi\n"));
  EXPECT_THAT(library, ContainsRegex(".*count.* at .*" + line_of("counted")));
  EXPECT_THAT(library, ContainsRegex("#0 0x[0-9a-f]+ .*\\(throws.so")) << "not libstdc++";
}

TEST_F(HandlerException, IsLoggedWithThePlaceWhereItWasFirstThrown) {
  EXPECT_THAT(logged_for("again"), ContainsRegex("look_into_the_net.* at .*" + line_of("thrown")));
  EXPECT_THAT(logged_for("later"), ContainsRegex("look_into_the_net.* at .*" + line_of("thrown")))
      << "not where another exception was thrown during unwinding";

  const std::string of_thread = logged_for("thread", "look_into_the_net");
  EXPECT_THAT(of_thread, HasSubstr("nothing in the brook"));
  EXPECT_THAT(of_thread, ContainsRegex("look_into_the_net.* at .*" + line_of("thrown")));

  const std::string nested = logged_for("nested", "invalid_argument was thrown here");
  EXPECT_THAT(nested, ContainsRegex("OutOfFish: cannot count; caused by std::invalid_argument: "
                                    "stoi\n"));
  EXPECT_THAT(nested, HasSubstr("OutOfFish was thrown here:\n"));
  EXPECT_THAT(nested, ContainsRegex("fish_twice.* at .*" + line_of("nested")));
  EXPECT_TRUE(eventually([&] { return log().find(line_of("counted")) != std::string::npos; }));
}

TEST_F(HandlerException, OfAnotherTypeIsLoggedWithItsTypeName) {
  const std::string number = logged_for("number");
  EXPECT_THAT(number, HasSubstr(": int: not a std::exception\n"));
  EXPECT_THAT(number, ContainsRegex("#0 .*fall.* at .*" + line_of("fallen")));
  EXPECT_THAT(logged_for("pointer"), HasSubstr(": char const*: not a std::exception\n"));
}

TEST_F(HandlerException, HasItsStackLoggedOnceAMinute) {
  constexpr std::size_t kRequests = 1000;
  const auto began = std::chrono::steady_clock::now();
  Visitor visitor(port());
  for (std::size_t i = 0; i < kRequests; ++i) {
    ASSERT_EQ(visitor.get("/throws?how=plain").status, 500);
  }
  ASSERT_TRUE(eventually([&] { return said("OutOfFish: nothing") == kRequests; }));
  ASSERT_TRUE(eventually([&] { return said(" #0 0x") > 0; }));
  const auto minutes =
      std::chrono::floor<std::chrono::minutes>(std::chrono::steady_clock::now() - began);
  EXPECT_LE(said(" #0 0x"), 1u + static_cast<std::size_t>(minutes.count()));
  EXPECT_EQ(said("its stack was logged less than a minute ago") + said(" #0 0x"), kRequests);
}

TEST_F(HandlerException, HasItsStackLoggedAgainByTheNextGeneration) {
  logged_for("plain");
  // The same bytes would be no new generation.
  shell(
      "cp $APPS/throws.so $HERE/next.so; echo >> $HERE/next.so; mv $HERE/next.so $APPS/throws.so");
  EXPECT_EQ(get("/throws").generation(), "throws/2");
  EXPECT_THAT(logged_for("plain"), ContainsRegex("look_into_the_net.* at .*" + line_of("thrown")));
}

TEST_F(HandlerException, MayHaveNoText) {
  EXPECT_THAT(logged_for("silent"), HasSubstr("Silent: no text\n"));
  EXPECT_EQ(get("/throws").generation(), "throws/1");
  EXPECT_EQ(said("was ended by"), 0u);
}

/// The program alone in a folder, without shoal-symbolize beside it.
class HandlerExceptionWithoutShoalSymbolize : public HandlerException {
 protected:
  HandlerExceptionWithoutShoalSymbolize()
      : HandlerException({.routes = "{ /throws: throws }",
                          .wrapper =
                              "mkdir -p $HERE/alone/bin; cp \"$1\" $HERE/alone/bin/shoal; shift; "
                              "ln -sfn " SHOAL_BUILT_FOLDER "/lib $HERE/alone/lib; "
                              "set -- $HERE/alone/bin/shoal \"$@\"; exec \"$@\""}) {}
};

TEST_F(HandlerExceptionWithoutShoalSymbolize, IsLoggedWithItsFunctionsAndTheReasonOnce) {
  for (const auto* const how : {"plain", "inlined"}) {
    EXPECT_THAT(logged_for(how), ContainsRegex("look_into_the_net.*throws.so\\+0x[0-9a-f]+\\)\n"));
  }
  EXPECT_EQ(said("without lines of source: "), 1u);
  EXPECT_THAT(log(), HasSubstr("shoal-symbolize cannot be started (No such file or directory)"));
}

TEST(TheContainer, DoesNotLinkTheLibraryThatReadsDebugInformation) {
  const auto [exit_code, output] = run(std::string("ldd ") + built::kContainer);
  EXPECT_EQ(exit_code, 0);
  EXPECT_THAT(output, HasSubstr("libshoal"));
  EXPECT_THAT(output, Not(HasSubstr("libdw")));
}

}  // namespace
}  // namespace shoal::system
