#include "elf/facts.hpp"

#include <link.h>

#include <filesystem>

#include "sample.hpp"

namespace shoal::elf {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Facts, HaveTheSonameAndTheNeededLibrariesOfEveryLinker) {
  for (const auto& linker : linkers()) {
    EXPECT_EQ(read(sample("base.1." + linker)).soname, "base.so") << linker;
    EXPECT_EQ(read(sample("bare.1." + linker)).soname, "") << linker;
    EXPECT_THAT(read(sample("child.1." + linker)).needed, Contains("base.so")) << linker;
    EXPECT_THAT(read(sample("child_of_bare.1." + linker)).needed, Contains("bare.so")) << linker;
  }
}

TEST(Facts, HaveTheNeededLibrariesInTheirOrder) {
  const auto needed = read(sample("child.1.bfd")).needed;
  ASSERT_GE(needed.size(), 2u);
  EXPECT_EQ(needed[0], "base.so");
  EXPECT_EQ(needed[1], "libstdc++.so.6");
}

TEST(Facts, HaveTheRunPath) {
  EXPECT_THAT(read(sample("run_path")).run_path, ElementsAre("$ORIGIN/lib", "/opt/one"));
  EXPECT_THAT(read(sample("old_run_path")).run_path, ElementsAre("/opt/two"));
  EXPECT_THAT(read(sample("base.1.bfd")).run_path, IsEmpty());
}

TEST(Facts, PreferRunpathToRpath) {
  std::string bytes = sample("run_path");
  const auto entry = value_at<Elf64_Dyn>(bytes, entry_of(bytes, DT_RUNPATH));
  // Adds a DT_RPATH that is the end of the DT_RUNPATH.
  put(bytes, entry_of(bytes, DT_RELACOUNT),
      Elf64_Dyn{.d_tag = DT_RPATH, .d_un = {.d_val = entry.d_un.d_val + 12}});
  EXPECT_THAT(read(bytes).run_path, ElementsAre("$ORIGIN/lib", "/opt/one"));
}

TEST(Facts, CountUniqueSymbolsByEitherHashTable) {
  for (const auto& linker : linkers()) {
    EXPECT_EQ(read(sample("base.1." + linker)).unique_symbols, 1u) << linker;
    EXPECT_EQ(read(sample("handler." + linker)).unique_symbols, 0u) << linker;
  }
  EXPECT_EQ(read(sample("both_hashes")).unique_symbols, 1u);
}

TEST(Facts, ShowWhatKeepsALibraryMapped) {
  EXPECT_TRUE(read(sample("nodelete")).nodelete);
  EXPECT_FALSE(read(sample("base.1.bfd")).nodelete);
  EXPECT_TRUE(read(sample("destructor")).thread_local_destructors);
  EXPECT_FALSE(read(sample("base.1.bfd")).thread_local_destructors);
}

TEST(Facts, ShowStaticThreadLocalStorageOfEveryLinker) {
  for (const auto& linker : linkers()) {
    EXPECT_TRUE(read(sample("initial_exec." + linker)).static_tls) << linker;
    EXPECT_FALSE(read(sample("base.1." + linker)).static_tls) << linker;
  }
  EXPECT_FALSE(read(sample("destructor")).static_tls);
}

TEST(Facts, DistinguishAHandlerFromALibrary) {
  for (const auto& linker : linkers()) {
    EXPECT_TRUE(read(sample("handler." + linker)).handler) << linker;
    EXPECT_FALSE(read(sample("base.1." + linker)).handler) << linker;
    EXPECT_FALSE(read(sample("silent." + linker)).handler) << linker;
  }
  EXPECT_TRUE(read(sample("unnoted")).handler);
}

TEST(Facts, NameTheSanitizer) {
  EXPECT_EQ(read(sample("address")).sanitizer, "AddressSanitizer");
  EXPECT_EQ(read(sample("address_handler")).sanitizer, "AddressSanitizer");
  EXPECT_EQ(read(sample("thread")).sanitizer, "ThreadSanitizer");
  EXPECT_EQ(read(sample("undefined")).sanitizer, "UndefinedBehaviorSanitizer");
  EXPECT_EQ(read(sample("base.1.bfd")).sanitizer, "");
  EXPECT_EQ(read(sample("asks_weakly")).sanitizer, "");
}

TEST(Facts, DoNotDependOnSections) {
  for (const auto& linker : linkers()) {
    const auto whole = read(sample("base.1." + linker)),
               bare = read(without_sections(sample("base.1." + linker)));
    EXPECT_EQ(bare.soname, whole.soname) << linker;
    EXPECT_EQ(bare.needed, whole.needed) << linker;
    EXPECT_EQ(bare.unique_symbols, whole.unique_symbols) << linker;
  }
}

TEST(Facts, CanBeReadOfEveryLibraryInThisProcess) {
  std::vector<std::string> paths;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* all) {
        static_cast<std::vector<std::string>*>(all)->emplace_back(info->dlpi_name);
        return 0;
      },
      &paths);
  // The program has no name in this list, and linux-vdso.so.1 has no file.
  std::erase_if(paths, [](const auto& path) { return !std::filesystem::exists(path); });
  EXPECT_GT(paths.size(), 3u);
  for (const auto& path : paths) EXPECT_EQ(refusal_of_reading(bytes_of(path)), "") << path;
}

TEST(Facts, AreRefusedForFilesThatCannotBeOpened) {
  EXPECT_EQ(refusal_of_reading(bytes_of(kSamples + "/program")),
            "a program, not a shared object; link it with -shared");
  EXPECT_THAT(refusal_of_reading(sample("nodlopen")), HasSubstr("link it without -z nodlopen"));
}

}  // namespace
}  // namespace shoal::elf
