// What the dynamic linker must never see: of truncated files most crash it, and some load.
#include "modules/elf.hpp"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "apps_folder.hpp"
#include "built.hpp"
#include "modules/load_error.hpp"
#include "shoal/host/descriptor.hpp"

namespace shoal::modules {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;

constexpr auto kFar = std::numeric_limits<std::uint64_t>::max() - 8;

class ReadingElf : public AppsFolder {
 protected:
  static std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  /// What a file of these bytes is refused for; empty when it is taken.
  std::string refusal_of(const std::string& bytes) const {
    // Over what it held: to make ten thousand files anew would take long.
    EXPECT_EQ(::pwrite(file_.get(), bytes.data(), bytes.size(), 0), std::ssize(bytes));
    EXPECT_EQ(::ftruncate(file_.get(), std::ssize(bytes)), 0);
    try {
      read_elf(folder() / "staged.so", "apps/a.so");
    } catch (const LoadError& error) {
      return error.what();
    }
    return {};
  }

  /// The same, of the tiny module after a change to its header.
  template <typename Change>
  std::string refusal_after(Change change) const {
    std::string bytes = tiny_;
    ElfW(Ehdr) header;
    std::memcpy(&header, bytes.data(), sizeof header);
    change(header);
    std::memcpy(bytes.data(), &header, sizeof header);
    return refusal_of(bytes);
  }

  const std::string tiny_ = bytes_of(built("v1", "tiny"));
  const host::Descriptor file_{::open((folder() / "staged.so").c_str(), O_RDWR | O_CREAT, 0600)};
};

TEST_F(ReadingElf, TellsTheNamesThatTheLinkerGoesBy) {
  const Elf elf = read_elf(built("v1", "pond.left"), "apps/pond/left.so");
  EXPECT_EQ(elf.soname, "$ORIGIN/pond.left.so");
  EXPECT_THAT(elf.needed, Contains("$ORIGIN/pond.base.so"));
  EXPECT_THAT(elf.needed, Contains(StartsWith("libshoal.so")));
}

TEST_F(ReadingElf, TakesEveryLibraryThatThisProcessHasLoaded) {
  std::vector<std::string> paths;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* all) {
        static_cast<std::vector<std::string>*>(all)->emplace_back(info->dlpi_name);
        return 0;
      },
      &paths);
  // The program itself has no name there, the kernel's own library no file.
  std::erase_if(paths, [](const auto& path) { return !std::filesystem::exists(path); });
  EXPECT_GT(paths.size(), 3u);
  for (const auto& path : paths) EXPECT_NO_THROW(read_elf(path, path)) << path;
}

TEST_F(ReadingElf, RefusesEachModuleCutAtEveryTenthOfItsLength) {
  for (const char* module : {"lone", "pond.base", "pond.left", "shelf", "tiny"}) {
    const std::string bytes = bytes_of(built("v1", module));
    EXPECT_EQ(refusal_of(bytes), "");
    for (std::size_t tenth = 0; tenth < 10; ++tenth) {
      EXPECT_THAT(refusal_of(bytes.substr(0, bytes.size() * tenth / 10)),
                  StartsWith("apps/a.so: incomplete: it"))
          << module << " at " << tenth << " tenths";
    }
  }
}

TEST_F(ReadingElf, RefusesASmallModuleCutAnywhere) {
  for (std::size_t size = 0; size < tiny_.size(); size += size + 256 < tiny_.size() ? 13 : 1) {
    EXPECT_NE(refusal_of(tiny_.substr(0, size)), "") << "cut at " << size;
  }
}

TEST_F(ReadingElf, RefusesATailOfZeros) {
  // As a writer leaves it that set the length first, or a machine that lost its power.
  for (const char* module : {"lone", "tiny"}) {
    std::string bytes = bytes_of(built("v1", module));
    for (std::size_t from = bytes.size() - 64; from > 64;
         from -= std::min<std::size_t>(from, 499)) {
      std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.end(), '\0');
      EXPECT_THAT(refusal_of(bytes), HasSubstr("incomplete: ")) << module << " from " << from;
    }
  }
}

TEST_F(ReadingElf, RefusesWhatIsNoSharedObject) {
  EXPECT_THAT(refusal_of(""), HasSubstr("apps/a.so: incomplete: it is empty; drop it again"));
  EXPECT_THAT(refusal_of("#include <shoal/module.hpp>\n"),
              HasSubstr("apps/a.so: not a shared object: it does not begin as ELF; drop what"));
  EXPECT_THAT(refusal_of(std::string(100'000, '\0')), HasSubstr("does not begin as ELF"));
  EXPECT_THAT(refusal_of("\x7f"), HasSubstr("does not begin as ELF"));
  EXPECT_THAT(refusal_of("\x7f"
                         "ELF"),
              HasSubstr("incomplete: it ends after 4 bytes"));
}

TEST_F(ReadingElf, RefusesWhatIsBuiltForAnotherMachine) {
  const char* const remedy = "; build it on this kind of machine";
  EXPECT_THAT(refusal_after([](auto& header) { header.e_ident[EI_CLASS] = ELFCLASS32; }),
              HasSubstr("built for another machine (ELF class 1, "));
  EXPECT_THAT(refusal_after([](auto& header) { header.e_ident[EI_DATA] = ELFDATA2MSB; }),
              HasSubstr(remedy));
  EXPECT_THAT(refusal_after([](auto& header) { header.e_machine = EM_RISCV; }),
              HasSubstr("machine 243"));
}

TEST_F(ReadingElf, RefusesProgramsAndObjectFiles) {
  EXPECT_THAT(refusal_after([](auto& header) { header.e_type = ET_EXEC; }),
              HasSubstr("not a shared object; link it with -shared"));
  EXPECT_THAT(refusal_after([](auto& header) { header.e_type = ET_REL; }),
              HasSubstr("not a shared object; link it with -shared"));
}

TEST_F(ReadingElf, RefusesTablesThatLeadOutOfTheFile) {
  EXPECT_NE(refusal_after([](auto& header) { header.e_phoff = kFar; }), "");
  EXPECT_NE(refusal_after([](auto& header) { header.e_shoff = kFar; }), "");
  EXPECT_NE(refusal_after([](auto& header) { header.e_phnum = 0xffff; }), "");
  EXPECT_NE(refusal_after([](auto& header) { header.e_phnum = 0; }), "");
  EXPECT_NE(refusal_after([](auto& header) { header.e_shnum = 0xffff; }), "");
  EXPECT_NE(refusal_after([](auto& header) { header.e_shstrndx = 0xffff; }), "");
  EXPECT_NE(refusal_after([](auto& header) { header.e_phentsize = 1; }), "");
  EXPECT_NE(refusal_after([](auto& header) { header.e_shentsize = 1; }), "");
}

TEST_F(ReadingElf, TakesAModuleThatWasStrippedOfItsSectionTable) {
  EXPECT_EQ(refusal_after([](auto& header) {
              header.e_shoff = 0;
              header.e_shnum = header.e_shstrndx = 0;
            }),
            "");
}

TEST_F(ReadingElf, SurvivesTenThousandMutations) {
  // Bytes of the tables: the header, the segments, the dynamic section, the section headers.
  ElfW(Ehdr) header;
  std::memcpy(&header, tiny_.data(), sizeof header);
  std::vector<std::size_t> spots;
  const auto add = [&](std::size_t from, std::size_t size) {
    for (std::size_t i = from; i < from + size; ++i) spots.push_back(i);
  };
  add(0, sizeof header);
  add(header.e_phoff, header.e_phnum * sizeof(ElfW(Phdr)));
  add(header.e_shoff, header.e_shnum * sizeof(ElfW(Shdr)));
  for (int i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment;
    std::memcpy(&segment, tiny_.data() + header.e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type == PT_DYNAMIC) add(segment.p_offset, segment.p_filesz);
  }

  std::mt19937 dice(42);
  const auto any = [&](std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(dice);
  };
  int refused = 0;
  for (int i = 0; i < 10'000; ++i) {
    std::string bytes = tiny_;
    for (std::size_t count = 1 + any(8); count > 0; --count) {
      constexpr unsigned char kNasty[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
      const std::size_t pick = any(std::size(kNasty) + 1);
      bytes[spots[any(spots.size())]] =
          static_cast<char>(pick < std::size(kNasty) ? kNasty[pick] : any(256));
    }
    refused += refusal_of(bytes).empty() ? 0 : 1;
  }
  EXPECT_GT(refused, 1'000);
  EXPECT_LT(refused, 10'000);
}

}  // namespace
}  // namespace shoal::modules
