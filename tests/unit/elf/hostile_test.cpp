// Shared objects with random changes. tests/fuzz does the same for longer.
#include <algorithm>
#include <random>

#include "fuzz/try_everything.hpp"
#include "sample.hpp"

namespace shoal::elf {
namespace {

/// Returns the positions of bytes that matter: headers, and the tables that they point to.
std::vector<std::size_t> spots_of(const std::string& bytes) {
  std::vector<std::size_t> spots;
  const auto add = [&](std::size_t from, std::size_t size) {
    for (std::size_t i = from; i < std::min(from + size, bytes.size()); ++i) spots.push_back(i);
  };
  const auto header = value_at<Elf64_Ehdr>(bytes, 0);
  add(0, sizeof header);
  add(header.e_phoff, header.e_phnum * sizeof(Elf64_Phdr));
  add(header.e_shoff, header.e_shnum * sizeof(Elf64_Shdr));
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = value_at<Elf64_Phdr>(bytes, header.e_phoff + i * sizeof(Elf64_Phdr));
    if (segment.p_type == PT_DYNAMIC || segment.p_type == PT_NOTE) {
      add(segment.p_offset, segment.p_filesz);
    }
  }
  // All linkers put hashes, symbols, strings and versions first.
  add(sizeof header + header.e_phnum * sizeof(Elf64_Phdr), 2048);
  return spots;
}

/// Makes so many mutations of `bytes`, the same in each run, and calls try_everything() with each.
/// Returns how many of them could still be read.
int readable_after(const std::string& bytes, int times) {
  const auto spots = spots_of(bytes);
  std::mt19937 dice(42);
  const auto any = [&](std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(dice);
  };
  constexpr std::array<unsigned char, 5> kNasty{0x00, 0x01, 0x7f, 0x80, 0xff};
  int readable = 0;
  for (int i = 0; i < times; ++i) {
    std::string mutated = bytes;
    for (std::size_t count = 1 + any(4); count > 0; --count) {
      const std::size_t pick = any(kNasty.size() + 1);
      mutated[spots[any(spots.size())]] =
          static_cast<char>(pick < kNasty.size() ? kNasty[pick] : any(256));
    }
    mutated.push_back(static_cast<char>(any(256)));
    try_everything(mutated);
    readable += refusal_of_reading(mutated).empty() ? 1 : 0;
  }
  return readable;
}

TEST(HostileBytes, AreReadOrRefused) {
  constexpr int kTimes = 1'000;
  for (const auto& linker : linkers()) {
    for (const std::string kind : {"child_of_versioned.", "handler.", "silent."}) {
      const int readable = readable_after(sample(kind + linker), kTimes);
      // Otherwise the mutations would change nothing that matters, or destroy every file.
      EXPECT_GT(readable, kTimes / 100) << kind << linker;
      EXPECT_LT(readable, kTimes * 99 / 100) << kind << linker;
    }
  }
}

TEST(HostileBytes, DoNoHarmInAStubEither) {
  EXPECT_GT(readable_after(stub({"/stage/~1.0", "/stage/~1.1"}, "~1"), 1'000), 0);
}

TEST(HostileBytes, CostNoMoreThanTheirLengthWhenTablesOverlap) {
  // Chains of versions that cross each other many times.
  std::string bytes = sample("child_of_versioned.bfd");
  const auto needs = value_at<Elf64_Dyn>(bytes, entry_of(bytes, DT_VERNEED)).d_un.d_val;
  for (std::size_t i = needs; i + 16 < needs + 4096; i += 4) put(bytes, i, std::uint32_t{4});
  EXPECT_NE(refusal_of_reading(bytes), "");
}

}  // namespace
}  // namespace shoal::elf
