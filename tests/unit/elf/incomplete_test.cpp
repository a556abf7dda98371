// Files that must never reach the dynamic linker: it crashes on most truncated files and loads
// some.
#include <algorithm>
#include <limits>

#include "elf/facts.hpp"
#include "sample.hpp"

namespace shoal::elf {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto kFar = std::numeric_limits<std::uint64_t>::max() - 8;

/// Returns samples of all linkers, since each of them orders the parts of a file in its own way.
std::vector<std::string> some_of_each_linker() {
  std::vector<std::string> names;
  for (const auto& linker : linkers()) {
    for (const char* kind : {"base.1.", "child_of_versioned.", "handler.", "silent."}) {
      names.push_back(kind + linker);
    }
  }
  return names;
}

void zero_from(std::string& bytes, std::size_t from) {
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.end(), '\0');
}

TEST(Incomplete, IsAFileCutAtEveryTenthOfItsLength) {
  for (const auto& name : some_of_each_linker()) {
    const std::string bytes = sample(name);
    EXPECT_EQ(refusal_of_reading(bytes), "") << name;
    for (std::size_t tenth = 0; tenth < 10; ++tenth) {
      EXPECT_THAT(refusal_of_reading(bytes.substr(0, bytes.size() * tenth / 10)),
                  StartsWith("incomplete: it"))
          << name << " at " << tenth << " tenths";
    }
  }
}

TEST(Incomplete, IsAFileCutAtOrBesideEveryPage) {
  for (const auto& name : some_of_each_linker()) {
    const std::string bytes = sample(name);
    for (std::size_t page = 4096; page < bytes.size(); page += 4096) {
      for (const std::size_t size : {page - 1, page, page + 1}) {
        if (size >= bytes.size()) continue;
        EXPECT_THAT(refusal_of_reading(bytes.substr(0, size)), HasSubstr("incomplete: "))
            << name << " at " << size;
      }
    }
  }
}

TEST(Incomplete, IsASmallFileCutAnywhere) {
  const std::string bytes = sample("handler.bfd");
  for (std::size_t size = 0; size < bytes.size(); size += size + 256 < bytes.size() ? 13 : 1) {
    EXPECT_NE(refusal_of_reading(std::string_view(bytes).substr(0, size)), "") << "at " << size;
  }
}

TEST(Incomplete, IsAFileWithATailOfZeros) {
  // As a writer that sets the length first leaves it, or a loss of power.
  for (const auto& name : some_of_each_linker()) {
    std::string bytes = sample(name);
    for (std::size_t from = bytes.size() - 64; from > 64;
         from -= std::min<std::size_t>(from, 499)) {
      zero_from(bytes, from);
      EXPECT_THAT(refusal_of_reading(bytes), HasSubstr("incomplete: ")) << name << " from " << from;
    }
  }
}

TEST(Incomplete, IsAFileWithoutSectionsWhoseDynamicSectionIsZeros) {
  for (const auto& name : some_of_each_linker()) {
    std::string bytes = without_sections(sample(name));
    ASSERT_EQ(refusal_of_reading(bytes), "") << name;
    const auto dynamic = value_at<Elf64_Phdr>(bytes, segment_of(bytes, PT_DYNAMIC));
    zero_from(bytes, dynamic.p_offset);
    EXPECT_THAT(refusal_of_reading(bytes), HasSubstr("incomplete: ")) << name;
  }
}

TEST(Incomplete, IsAFileWhoseCodeIsZeros) {
  for (const auto& name : some_of_each_linker()) {
    std::string bytes = without_sections(sample(name));
    const auto header = value_at<Elf64_Ehdr>(bytes, 0);
    for (std::size_t i = 0; i < header.e_phnum; ++i) {
      const auto segment = value_at<Elf64_Phdr>(bytes, header.e_phoff + i * sizeof(Elf64_Phdr));
      if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
      if (segment.p_offset == 0) continue;  // gold puts the header into it
      std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(segment.p_offset), segment.p_filesz,
                  '\0');
      EXPECT_THAT(refusal_of_reading(bytes), HasSubstr("incomplete: ")) << name;
    }
  }
}

TEST(Incomplete, IsAFileWhoseStringTableIsZeros) {
  // patchelf moves a string table that has grown to the end, after the section table.
  std::string bytes = without_sections(sample("child.1.bfd"));
  const auto strings = value_at<Elf64_Dyn>(bytes, entry_of(bytes, DT_STRTAB)).d_un.d_val;
  const auto size = value_at<Elf64_Dyn>(bytes, entry_of(bytes, DT_STRSZ)).d_un.d_val;
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(strings), size, '\0');
  EXPECT_THAT(refusal_of_reading(bytes), HasSubstr("incomplete: one of its names is empty"));
}

TEST(Incomplete, IsAFileWhoseSectionNamesAreZeros) {
  // A linker with several threads may write the section table before the names.
  std::string bytes = sample("handler.bfd");
  const auto header = value_at<Elf64_Ehdr>(bytes, 0);
  const auto names = value_at<Elf64_Shdr>(bytes, header.e_shoff + header.e_shstrndx * 64u);
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(names.sh_offset), names.sh_size, '\0');
  EXPECT_THAT(refusal_of_reading(bytes), HasSubstr("one of its sections contains only zeros"));
}

TEST(Incomplete, IsAFileWhoseHashTableIsZeros) {
  // The dynamic linker divides by the number of buckets.
  std::string bytes = without_sections(sample("base.1.bfd"));
  const auto table = value_at<Elf64_Dyn>(bytes, entry_of(bytes, DT_GNU_HASH)).d_un.d_val;
  put(bytes, table, std::uint32_t{0});
  EXPECT_THAT(refusal_of_reading(bytes), HasSubstr("incomplete: its hash table is empty"));
}

TEST(Incomplete, IsNotAFileWithoutASectionTable) {
  for (const auto& name : some_of_each_linker()) {
    EXPECT_EQ(refusal_of_reading(without_sections(sample(name))), "") << name;
  }
}

TEST(Foreign, IsAFileThatIsNotASharedObject) {
  EXPECT_THAT(refusal_of_reading(""), StartsWith("incomplete: it is empty; drop it again"));
  EXPECT_THAT(refusal_of_reading("#include <shoal/module.hpp>\n"),
              StartsWith("not a shared object: it has no ELF header; drop a file"));
  EXPECT_THAT(refusal_of_reading(std::string(100'000, '\0')), HasSubstr("it has no ELF header"));
  EXPECT_THAT(refusal_of_reading("\x7f"), HasSubstr("it has no ELF header"));
  EXPECT_THAT(refusal_of_reading(ELFMAG), HasSubstr("incomplete: it ends after 4 bytes"));
  EXPECT_THAT(refusal_of_reading(
                  with_header(sample("handler.bfd"), [](auto& header) { header.e_type = ET_REL; })),
              HasSubstr("not a shared object; link it with -shared"));
}

TEST(Foreign, IsAFileBuiltForAnotherMachine) {
  const auto refusal_after = [](auto change) {
    return refusal_of_reading(with_header(sample("handler.bfd"), change));
  };
  const char* const remedy = "; build it on this kind of machine";
  EXPECT_THAT(refusal_after([](auto& header) { header.e_ident[EI_CLASS] = ELFCLASS32; }),
              HasSubstr("built for another machine (ELF class 1, "));
  EXPECT_THAT(refusal_after([](auto& header) { header.e_ident[EI_DATA] = ELFDATA2MSB; }),
              HasSubstr(remedy));
  EXPECT_THAT(refusal_after([](auto& header) { header.e_machine = EM_S390; }), HasSubstr(remedy));
  EXPECT_THAT(refusal_after([](auto& header) { header.e_ident[EI_OSABI] = ELFOSABI_FREEBSD; }),
              HasSubstr("operating system 9, not Linux"));
}

TEST(Damaged, IsAnAddressFarOutsideTheFile) {
  for (const auto tag : {DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_GNU_HASH, DT_RELA, DT_RELASZ,
                         DT_INIT_ARRAY, DT_VERNEED, DT_SONAME, DT_NEEDED}) {
    for (const auto far : {kFar, kFar / 2, std::uint64_t{1} << 32}) {
      std::string bytes = sample("base.1.bfd");
      put(bytes, entry_of(bytes, tag) + sizeof(Elf64_Sxword), far);
      EXPECT_THAT(refusal_of_reading(bytes), HasSubstr("incomplete: ")) << tag << " at " << far;
    }
  }
  for (const auto field : {offsetof(Elf64_Phdr, p_offset), offsetof(Elf64_Phdr, p_filesz)}) {
    std::string bytes = sample("base.1.bfd");
    put(bytes, segment_of(bytes, PT_LOAD) + field, kFar);
    EXPECT_NE(refusal_of_reading(bytes), "") << field;
  }
}

TEST(Damaged, IsAChainOfVersionsThatLeadsBackOrOutside) {
  for (const std::uint32_t next : {1u, 2u, 0x7fffffffu, 0xffffffffu}) {
    std::string bytes = sample("child_of_versioned.bfd");
    const auto needs = value_at<Elf64_Dyn>(bytes, entry_of(bytes, DT_VERNEED)).d_un.d_val;
    put(bytes, needs + offsetof(Elf64_Verneed, vn_aux), next);
    EXPECT_NE(refusal_of_reading(bytes), "") << next;
  }
}

TEST(Damaged, IsAChainOfVersionsThatOthersShare) {
  // A thousand needs share one chain of a thousand versions: a million names in a file of 50 kB.
  constexpr std::uint32_t kMany = 1000, kSize = 16;
  std::string table(2 * kMany * kSize, '\0');
  for (std::uint32_t i = 0; i < kMany; ++i) {
    const std::uint32_t last = i + 1 == kMany ? 0 : kSize;
    put(table, i * kSize,
        Elf64_Verneed{.vn_version = 1,
                      .vn_cnt = kMany,
                      .vn_file = 1,
                      .vn_aux = (kMany - i) * kSize,
                      .vn_next = last});
    put(table, (kMany + i) * kSize,
        Elf64_Vernaux{
            .vna_hash = 0, .vna_flags = 0, .vna_other = 2, .vna_name = 1, .vna_next = last});
  }
  constexpr std::uint64_t kAddress = 1 << 30;
  std::string bytes = with_segment(sample("child_of_versioned.bfd"), kAddress, table);
  put(bytes, entry_of(bytes, DT_VERNEED) + sizeof(Elf64_Sxword), kAddress);
  EXPECT_THAT(refusal_of_reading(bytes), HasSubstr("its version tables never end"));
}

TEST(Damaged, IsAStringTableThatEndsInsideAName) {
  std::string bytes = sample("base.1.bfd");
  const std::size_t size = entry_of(bytes, DT_STRSZ) + sizeof(Elf64_Sxword);
  put(bytes, size, value_at<std::uint64_t>(bytes, size) - 1);
  EXPECT_THAT(refusal_of_reading(bytes),
              HasSubstr("its dynamic string table does not end with NUL"));
}

TEST(Damaged, IsANameWithControlBytes) {
  // Names are written into messages.
  std::string bytes = sample("base.1.bfd");
  const auto strings = value_at<Elf64_Dyn>(bytes, entry_of(bytes, DT_STRTAB)).d_un.d_val;
  const auto soname = value_at<Elf64_Dyn>(bytes, entry_of(bytes, DT_SONAME)).d_un.d_val;
  bytes[strings + soname + 1] = '\n';
  EXPECT_THAT(refusal_of_reading(bytes), HasSubstr("not printable"));
}

}  // namespace
}  // namespace shoal::elf
