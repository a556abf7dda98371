#include "elf/loadable.hpp"

#include "sample.hpp"

namespace shoal::elf {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kPlain =
    "sdk=0.1;headers=aa;cxx11abi=1;stdlib=libstdc++;debugmode=off;sanitizer=none;built:std=1";
constexpr std::string_view kAddress =
    "sdk=0.1;headers=aa;cxx11abi=1;stdlib=libstdc++;debugmode=off;"
    "sanitizer=AddressSanitizer+UndefinedBehaviorSanitizer;built:std=1";

Facts handler(std::string abi) { return {.handler = true, .abi = std::move(abi)}; }

std::string refusal_in(std::string_view container, const Facts& facts) {
  return refusal_of([&] { require_loadable(facts, container); });
}

/// A handler with the plain note, in which `from` is replaced by `to`.
Facts handler_with(const std::string& from, const std::string& to) {
  std::string abi(kPlain);
  return handler(abi.replace(abi.find(from), from.size(), to));
}

TEST(Loadable, IsAHandlerOfTheSameBuild) {
  EXPECT_EQ(refusal_in(kPlain, handler(std::string(kPlain))), "");
  for (const auto& linker : linkers()) {
    const Facts facts = read(sample("handler." + linker));
    // The samples are not sanitized in any preset, so that they may be loaded in all.
    EXPECT_EQ(refusal_of([&] { require_loadable(facts); }), "") << linker;
  }
}

TEST(Loadable, IsALibraryWithoutANote) { EXPECT_EQ(refusal_in(kPlain, Facts{}), ""); }

TEST(Loadable, IsNotAHandlerWithoutANote) {
  EXPECT_EQ(refusal_in(kPlain, handler("")),
            "a handler without an ABI note; build it with the headers of this container, SDK 0.1");
  EXPECT_THAT(refusal_of([] { require_loadable(read(sample("unnoted"))); }),
              StartsWith("a handler without an ABI note; "));
}

TEST(Loadable, IsNotALibraryWithANote) {
  Facts hidden = handler(std::string(kPlain));
  hidden.handler = false;
  EXPECT_EQ(refusal_in(kPlain, hidden),
            "uses SHOAL_MODULE but does not export shoal_make_module; export that symbol in its "
            "version script or linker flags");
}

TEST(Loadable, IsNotAHandlerOfAnotherAbi) {
  EXPECT_EQ(refusal_in(kPlain, handler_with("sdk=0.1", "sdk=0.0")),
            "ABI mismatch: SDK version (sdk) is 0.0, this container has 0.1; build it with the "
            "headers of this container, SDK 0.1");
  EXPECT_THAT(refusal_in(kPlain, handler_with("headers=aa", "headers=bb")),
              StartsWith("ABI mismatch: SDK headers (headers) is bb, this container has aa; "));
  EXPECT_THAT(refusal_in(kPlain, handler_with("cxx11abi=1", "cxx11abi=0")),
              HasSubstr("build it with -D_GLIBCXX_USE_CXX11_ABI=1"));
  EXPECT_THAT(refusal_in(kPlain, handler_with("stdlib=libstdc++", "stdlib=libc++ 1")),
              HasSubstr("is libc++ 1, this container has libstdc++; build it with -stdlib="));
  EXPECT_THAT(refusal_in(kPlain, handler_with("debugmode=off", "debugmode=on")),
              HasSubstr("_GLIBCXX_DEBUG (debugmode) is on, this container has off; "));
}

TEST(Loadable, IsNotAHandlerBuiltWithOtherCompilerFlags) {
  const auto refusal = [](const char* name) {
    return refusal_of([&] { require_loadable(read(sample(name))); });
  };
  EXPECT_THAT(refusal("debugmode"), HasSubstr("(debugmode) is on, this container has off"));
  EXPECT_THAT(refusal("old_strings"), HasSubstr("(cxx11abi) is 0, this container has 1"));
}

TEST(Loadable, IsNotAHandlerWhoseNoteLacksAField) {
  EXPECT_THAT(refusal_in(kPlain, handler_with("cxx11abi=1;", "")),
              HasSubstr("(cxx11abi) is unknown, this container has 1"));
  EXPECT_THAT(refusal_in(kPlain, handler("nonsense")), HasSubstr("(sdk) is unknown"));
  EXPECT_THAT(refusal_in(kPlain, handler("=;;=;")), HasSubstr("(sdk) is unknown"));
}

TEST(Loadable, IgnoresFieldsForPeople) {
  EXPECT_EQ(refusal_in(kPlain, handler_with("built:std=1", "built:std=2;sdk=9;compiler=clang")),
            "");
}

TEST(Loadable, TakesNoValueFromFieldsForPeople) {
  EXPECT_THAT(refusal_in(kPlain, handler("sdk=0.1;built:std=1;headers=aa")),
              HasSubstr("(headers) is unknown"));
}

TEST(Loadable, IsNotAModuleWithASanitizerThatTheContainerLacks) {
  EXPECT_EQ(refusal_in(kPlain, {.sanitizer = "AddressSanitizer"}),
            "built with AddressSanitizer, this container is not; build it with the same preset");
  EXPECT_EQ(refusal_in(kAddress, {.sanitizer = "ThreadSanitizer"}),
            "built with ThreadSanitizer, this container is not (it is built with "
            "AddressSanitizer+UndefinedBehaviorSanitizer); build it with the same preset");
  // The note names a sanitizer that no symbol shows.
  EXPECT_THAT(refusal_in(kPlain, handler_with("sanitizer=none", "sanitizer=MemorySanitizer")),
              StartsWith("built with MemorySanitizer, "));
  EXPECT_THAT(refusal_in(kAddress, handler_with("sanitizer=none",
                                                "sanitizer=AddressSanitizer+ThreadSanitizer")),
              StartsWith("built with ThreadSanitizer, "));
}

TEST(Loadable, IsAModuleWithoutOrWithTheSanitizerOfTheContainer) {
  EXPECT_EQ(refusal_in(kAddress, handler(std::string(kPlain))), "");
  EXPECT_EQ(refusal_in(kAddress, {.sanitizer = "AddressSanitizer"}), "");
  EXPECT_EQ(refusal_in(kAddress, {.sanitizer = "UndefinedBehaviorSanitizer"}), "");
}

TEST(Loadable, IsNotAModuleWithInitialExecStorage) {
  EXPECT_THAT(refusal_in(kPlain, {.static_tls = true}),
              AllOf(HasSubstr("initial-exec"), HasSubstr("; build it with -fPIC and without")));
}

}  // namespace
}  // namespace shoal::elf
