// Flags that few authors use: all are loaded, but for those in the table of what is refused.
#include "matrix/linking.hpp"

namespace shoal::generations {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class OddModules : public Linking {
 protected:
  static Tools with(const std::string& linker) { return {linker, "g++", "O2"}; }

  void link(const std::string& way, const Tools& base, const Tools& child,
            const Flags& flags) const {
    sh(lines_for(way, base, child, flags));
  }

  void expect_loaded(const std::string& way, const Tools& tools, const Flags& flags) {
    SCOPED_TRACE(way);
    link(way, tools, tools, flags);
    expect_two_generations(way, true);
  }
};

class OddModulesBy : public OddModules, public testing::WithParamInterface<const char*> {
 protected:
  static Tools tools() { return with(GetParam()); }
  static bool is(const char* linker) { return std::string(GetParam()) == linker; }
};

TEST_P(OddModulesBy, AreLoadedWithAnyOfTheUsualFlags) {
  std::vector<std::string> all{"-Wl,-z,nodelete", "-Wl,-O2",           "-Wl,--hash-style=sysv",
                               "-Wl,-z,norelro",  "-Wl,--gc-sections", "-Wl,--build-id=none -s"};
  if (!is("lld")) all.emplace_back("-Wl,-z,nocombreloc");
  if (!is("gold")) all.emplace_back("-Wl,-z,noseparate-code");
  if (is("bfd")) all.emplace_back("-Wl,-z,pack-relative-relocs");
  if (!is("bfd")) all.emplace_back("-Wl,--icf=all");
  for (const auto& flags : all) {
    const std::string way = "way" + std::to_string(&flags - all.data());
    SCOPED_TRACE(flags);
    expect_loaded(way, tools(), {flags, flags});
    // Without crtbegin.o there are no strings whose space short names can take: try a soname, too.
    if (flags != "-nostartfiles") continue;
    expect_loaded(way + "s", tools(), {"-Wl,-soname,libreefbase.so " + flags, flags});
  }
}

TEST_P(OddModulesBy, AreLoadedWhenTheChildAsksByPath) {
  expect_loaded("path", tools(), {"", "", "reef/base.so"});
  expect_loaded("dots", tools(), {"", "", "../1/../$(basename $PWD)/reef/base.so"});
  expect_loaded("whole", tools(), {"", "", "$PWD/reef/base.so"});
}

TEST_P(OddModulesBy, AreLoadedWhenOtherNamesShareTheLettersOfTheirs) {
  // Linkers keep one string for a name and for whatever ends in it: a run path, a version.
  write("tail.map", "base.so { global: *; };\n");
  write("long.map", "reef/base.so { global: *; };\n");
  expect_loaded("run_path", tools(),
                {"", "-Wl,-O2,-rpath,/nowhere/base.so,--defsym=_of_base.so=0,--defsym=base.so=0"});
  expect_loaded("version", tools(), {"-Wl,-O2,--version-script=../../../tail.map", "-Wl,-O2"});
  if (is("bfd") || is("gold")) return;  // no / in the name of a version there
  expect_loaded("longer", tools(), {"-Wl,-O2,--version-script=../../../long.map", "-Wl,-O2"});
}

TEST_P(OddModulesBy, AreLoadedWhenEachHasItsOwnTools) {
  for (const char* other : {"bfd", "gold", "lld", "mold"}) {
    SCOPED_TRACE(other);
    const std::string way = std::string("under_") + other;
    link(way, {GetParam(), "g++", "O0"}, {other, "clang++", "O2"},
         {"-Wl,-soname,base.so.1", "-Wl,--as-needed"});
    expect_two_generations(way, true);
  }
}

INSTANTIATE_TEST_SUITE_P(LinkedBy, OddModulesBy, testing::Values("bfd", "gold", "lld", "mold"),
                         [](const auto& way) { return std::string(way.param); });

struct Refused {
  const char* linker;
  const char* base;   ///< flags
  const char* child;  ///< flags
  const char* fact;   ///< how the refusal of the file begins
  const char* flag;   ///< how it ends
};

constexpr const char* kNoSoname = "it has no soname and no space for one";
constexpr const char* kNoSpace = "it has no space for the soname of a generation";
constexpr const char* kLongSoname = "link it with a longer soname: -Wl,-soname,NAME.so";

TEST_F(OddModules, AreRefusedWithTheFlagThatHelps) {
  int number = 0;
  for (const Refused& row : {
           Refused{"lld", "", "-Wl,--pack-dyn-relocs=relr", "DT_RELR without",
                   "link it without --pack-dyn-relocs=relr"},
           Refused{"mold", "", "-Wl,--pack-dyn-relocs=relr", "DT_RELR without",
                   "link it without --pack-dyn-relocs=relr"},
           Refused{"gold", "-Wl,--spare-dynamic-tags=0 -Wl,-z,nocombreloc", "", kNoSoname,
                   "link it with -Wl,-soname,NAME.so"},
           Refused{"lld", "-Wl,-z,nocombreloc", "", kNoSoname, "link it with -Wl,-soname,NAME.so"},
           Refused{"bfd", "-nostartfiles -Wl,-soname,b", "-nostartfiles", kNoSpace, kLongSoname},
           Refused{"lld", "-nostartfiles -Wl,-soname,b", "-nostartfiles", kNoSpace, kLongSoname},
           Refused{"mold", "-nostartfiles -Wl,-soname,b", "-nostartfiles", kNoSpace, kLongSoname},
           Refused{"bfd", "", "-Wl,-z,nodlopen", "linked with -z nodlopen",
                   "link it without -z nodlopen"},
       }) {
    const std::string way = "way" + std::to_string(++number);
    SCOPED_TRACE(std::string(row.linker) + " " + row.base + " | " + row.child);
    link(way, with(row.linker), with(row.linker), {row.base, row.child});
    const std::string refusal = refusal_of(way);
    EXPECT_THAT(refusal, StartsWith(apps().native()));
    EXPECT_THAT(refusal, HasSubstr(std::string(".so: ") + row.fact));
    EXPECT_THAT(refusal, EndsWith(row.flag));
    EXPECT_FALSE(still_mapped(run()));
  }
}

}  // namespace
}  // namespace shoal::generations
