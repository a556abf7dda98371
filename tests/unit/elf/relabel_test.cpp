#include "elf/relabel.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "elf/facts.hpp"
#include "elf/image.hpp"
#include "elf/symbols.hpp"
#include "elf/versions.hpp"
#include "sample.hpp"

namespace shoal::elf {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// Returns the warnings and errors of readelf; empty when it finds nothing wrong.
std::string complaints_about(const std::string& bytes) {
  const std::string path = ::testing::TempDir() + "shoal_relabelled." + std::to_string(::getpid());
  std::ofstream(path, std::ios::binary) << bytes;
  const std::string command = "readelf -aW " + path + " 2>&1 >/dev/null";
  std::string said;
  FILE* const pipe = ::popen(command.c_str(), "r");
  std::array<char, 256> line{};
  while (std::fgets(line.data(), static_cast<int>(line.size()), pipe) != nullptr) {
    said += line.data();
  }
  if (::pclose(pipe) != 0) said += "readelf failed";
  std::filesystem::remove(path);
  return said;
}

std::vector<std::string> version_files(const std::string& bytes) {
  const Image image(bytes);
  std::vector<std::string> files;
  for (const auto& name : version_names(image)) {
    if (name.kind == VersionName::Kind::kFile) files.push_back(image.name(name.position));
  }
  return files;
}

TEST(Relabel, GivesABaseOfEveryLinkerItsOwnName) {
  for (const auto& linker : linkers()) {
    const std::string before = sample("base.1." + linker);
    const std::string after = relabelled(before, {.own = "~12.3", .needed_by_others = true});
    EXPECT_EQ(after.size(), before.size());
    EXPECT_EQ(read(after).soname, "~12.3") << linker;
    EXPECT_EQ(read(after).needed, read(before).needed) << linker;
    EXPECT_EQ(complaints_about(after), "") << linker;
  }
}

TEST(Relabel, AddsASonameWhereThereIsNone) {
  for (const auto& linker : linkers()) {
    const std::string before = sample("bare.1." + linker);
    const std::string after = relabelled(before, {.own = "~12.3", .needed_by_others = true});
    EXPECT_EQ(read(after).soname, "~12.3") << linker;
    EXPECT_EQ(read(after).needed, read(before).needed) << linker;
    EXPECT_EQ(complaints_about(after), "") << linker;
  }
}

TEST(Relabel, AddsNoSonameWhenNoOtherModuleNeedsIt) {
  const std::string after = relabelled(sample("bare.1.bfd"), {.own = "~12.3"});
  EXPECT_EQ(read(after).soname, "");
}

TEST(Relabel, KeepsTheSonameWhenThereIsNoNewOne) {
  EXPECT_EQ(read(relabelled(sample("base.1.bfd"), {})).soname, "base.so");
}

TEST(Relabel, ReplacesANeededLibraryInItsPlace) {
  for (const auto& linker : linkers()) {
    for (const std::string kind : {"child.1.", "child_of_bare.1."}) {
      const std::string before = sample(kind + linker);
      const std::string old = kind == "child.1." ? "base.so" : "bare.so";
      const std::string after = relabelled(before, {.own = "~12.4", .needed = {{old, "~12.3"}}});
      auto needed = read(before).needed;
      std::ranges::replace(needed, old, "~12.3");
      EXPECT_EQ(read(after).needed, needed) << kind << linker;
      EXPECT_EQ(complaints_about(after), "") << kind << linker;
    }
  }
}

TEST(Relabel, ReplacesTheNameInVersionNeeds) {
  for (const auto& linker : linkers()) {
    const std::string before = sample("child_of_versioned." + linker);
    ASSERT_THAT(version_files(before), Contains("versioned.so")) << linker;
    const std::string after = relabelled(before, {.needed = {{"versioned.so", "~12.3"}}});
    EXPECT_THAT(version_files(after), AllOf(Contains("~12.3"), Not(Contains("versioned.so"))));
    EXPECT_THAT(version_files(after), Contains("libstdc++.so.6")) << linker;
    EXPECT_EQ(complaints_about(after), "") << linker;
  }
}

TEST(Relabel, GivesABaseWithVersionsItsOwnName) {
  for (const auto& linker : linkers()) {
    const std::string after =
        relabelled(sample("versioned." + linker), {.own = "~12.3", .needed_by_others = true});
    EXPECT_EQ(read(after).soname, "~12.3") << linker;
    EXPECT_EQ(complaints_about(after), "") << linker;
    EXPECT_THAT(after, HasSubstr("SAMPLE_1")) << linker;
  }
}

TEST(Relabel, MakesUniqueSymbolsWeakAndClearsNodelete) {
  for (const auto& linker : linkers()) {
    EXPECT_EQ(read(relabelled(sample("base.1." + linker), {})).unique_symbols, 0u) << linker;
  }
  EXPECT_EQ(read(relabelled(sample("both_hashes"), {})).unique_symbols, 0u);
  EXPECT_FALSE(read(relabelled(sample("nodelete"), {})).nodelete);
}

TEST(Relabel, ProtectsTheSymbolsOfAHandlerFromItsBases) {
  const auto protected_in = [](const std::string& bytes) {
    const Image image(bytes);
    const Symbols symbols(image);
    bool all = true;
    for (std::size_t i = 1; i < symbols.size(); ++i) {
      const Symbol symbol = symbols.at(i);
      if (!symbol.defined || symbol.binding != STB_GLOBAL) continue;
      all &= ELF64_ST_VISIBILITY(symbol.other) == STV_PROTECTED;
    }
    return all;
  };
  for (const auto& linker : linkers()) {
    const std::string before = sample("handler." + linker);
    ASSERT_FALSE(protected_in(before)) << linker;
    const std::string after = relabelled(before, {.handler = true});
    EXPECT_TRUE(protected_in(after)) << linker;
    EXPECT_EQ(complaints_about(after), "") << linker;
    EXPECT_FALSE(protected_in(relabelled(before, {})))
        << "the symbols of a library may be replaced";
  }
}

TEST(Relabel, HasNoPatchesWhenNothingIsToChange) {
  EXPECT_THAT(relabel(sample("handler.bfd"), {}), IsEmpty());
}

TEST(Relabel, KeepsANameThatIsTheEndOfAReplacedOne) {
  // layout.page.so is needed, page.so is the soname, and the linker stored both as one string.
  const std::string before = sample("tail");
  ASSERT_EQ(before.find("layout.page.so"), before.rfind("page.so") - 7);
  const std::string child = relabelled(before, {.needed = {{"layout.page.so", "~1.0"}}});
  EXPECT_EQ(read(child).soname, "page.so");
  EXPECT_THAT(read(child).needed, Contains("~1.0"));
  const std::string own = relabelled(before, {.own = "~1.1"});
  EXPECT_EQ(read(own).soname, "~1.1");
  EXPECT_THAT(read(own).needed, Contains("layout.page.so"));
  const std::string both =
      relabelled(before, {.own = "~1.1", .needed = {{"layout.page.so", "~1.0"}}});
  EXPECT_EQ(read(both).soname, "~1.1");
  EXPECT_THAT(read(both).needed, Contains("~1.0"));
}

TEST(Relabel, KeepsASymbolWhoseNameIsTheEndOfAReplacedOne) {
  const auto has_symbol = [](const std::string& bytes, std::string_view name) {
    const Image image(bytes);
    const Symbols symbols(image);
    for (std::size_t i = 1; i < symbols.size(); ++i) {
      if (symbols.is(symbols.at(i), name)) return true;
    }
    return false;
  };
  const std::string before = sample("odd_symbol");
  ASSERT_EQ(before.find("layout.page.so"), before.find("page.so") - 7);
  ASSERT_TRUE(has_symbol(before, "page.so"));
  for (const std::string label : {"~1.0", "~1.0000", "~1.0000000"}) {
    const std::string after = relabelled(before, {.own = label});
    EXPECT_EQ(read(after).soname, label);
    EXPECT_TRUE(has_symbol(after, "page.so")) << label;
  }
}

TEST(Relabel, ReplacesAShortNameByALongOne) {
  EXPECT_EQ(read(relabelled(sample("short_name"), {.own = "~1234.5678"})).soname, "~1234.5678");
}

TEST(Relabel, ReplacesTheNameInAFilter) {
  const std::string after = relabelled(sample("filter"), {.needed = {{"base.so", "~1.0"}}});
  const Image image(after);
  const auto filter = image.find(DT_FILTER);
  ASSERT_TRUE(filter.has_value());
  EXPECT_EQ(image.name(*filter), "~1.0");
}

TEST(Relabel, KeepsTheSymbolsOfAFileThatExportsNone) {
  // No hash table tells how many there are.
  for (const auto& linker : linkers()) {
    const std::string after =
        relabelled(sample("silent." + linker), {.own = "~1.0", .needed_by_others = true});
    EXPECT_THAT(after, HasSubstr(std::string("\0getenv", 7))) << linker;
    EXPECT_THAT(after, HasSubstr(std::string("__cxa_finalize\0", 15))) << linker;
  }
}

TEST(Relabel, KeepsTheItmHooksOfAFileThatNeedsLibitm) {
  std::string bytes = sample("short_name");
  const auto strings = value_at<Elf64_Dyn>(bytes, entry_of(bytes, DT_STRTAB)).d_un.d_val;
  const auto size = value_at<Elf64_Dyn>(bytes, entry_of(bytes, DT_STRSZ)).d_un.d_val;
  const auto libm = bytes.find("libstdc++.so", strings);
  ASSERT_LT(libm, strings + size);
  bytes.replace(libm, 12, "libitm.so.1\0", 12);
  // Longer than any other hook.
  const std::string label = "~" + std::string(20, '1');
  EXPECT_THAT(refusal_of([&] { relabel(bytes, {.own = label}); }), HasSubstr("no space"));
  EXPECT_EQ(read(relabelled(sample("short_name"), {.own = label})).soname, label);
}

TEST(Relabel, RefusesAFileWithoutSpaceAndNamesTheFlagThatHelps) {
  const std::string bytes = sample("without_hooks");
  EXPECT_THAT(refusal_of([&] { relabel(bytes, {.own = "~1.0", .needed_by_others = true}); }),
              AllOf(HasSubstr("no space"), HasSubstr("; link it with"), HasSubstr("-Wl,-soname,")));
  EXPECT_EQ(refusal_of([&] { relabel(bytes, {.own = "~1.0"}); }), "");
  const std::string child = sample("child.1.bfd");
  const std::string label = "~" + std::string(200, '1');
  EXPECT_THAT(refusal_of([&] {
                relabel(child, {.needed = {{"base.so", label}}});
              }),
              AllOf(HasSubstr("no space to replace base.so"), HasSubstr("-Wl,-soname,")));
}

TEST(Relabel, ReturnsPatchesInOrderAndWithinTheFile) {
  const std::string bytes = sample("child.1.lld");
  std::uint64_t end = 0;
  for (const auto& patch :
       relabel(bytes, {.own = "~1.1", .needed_by_others = true, .needed = {{"base.so", "~1.0"}}})) {
    EXPECT_GE(patch.offset, end);
    EXPECT_FALSE(patch.bytes.empty());
    end = patch.offset + patch.bytes.size();
  }
  EXPECT_GT(end, 0u);
  EXPECT_LE(end, bytes.size());
}

TEST(Relabel, RefusesAFileThatReadRefuses) {
  EXPECT_THAT(refusal_of([] { relabel("text", {}); }), HasSubstr("not a shared object"));
}

}  // namespace
}  // namespace shoal::elf
