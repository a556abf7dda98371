#include "crash/symbol_names.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <random>
#include <sstream>
#include <string>

#include "base/descriptor.hpp"
#include "unit/fastcgi/scratch_folder.hpp"

namespace shoal::crash {
namespace {

using base::Descriptor;

template <typename T>
T read(const std::string& bytes, std::size_t at) {
  T value{};
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

template <typename T>
void write(std::string& bytes, std::size_t at, const T& value) {
  std::memcpy(bytes.data() + at, &value, sizeof(value));
}

/// The bytes of a real module, which a test may change.
class SymbolNames : public ::testing::Test {
 protected:
  SymbolNames() {
    std::ostringstream text;
    text << std::ifstream(CRASH_MODULES "/fish.so").rdbuf();
    bytes_ = text.str();
    head_ = read<ElfW(Ehdr)>(bytes_, 0);
  }

  Descriptor file() {
    const std::string path = folder_ / "broken.so";
    std::ofstream(path, std::ios::trunc) << bytes_;
    return Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  }

  /// Returns the offset of the header of the first section of this type.
  std::size_t section(unsigned type) const {
    for (std::size_t i = 0; i < head_.e_shnum; ++i) {
      const std::size_t at = head_.e_shoff + i * sizeof(ElfW(Shdr));
      if (read<ElfW(Shdr)>(bytes_, at).sh_type == type) return at;
    }
    ADD_FAILURE() << "no section of type " << type;
    return 0;
  }

  template <typename Change>
  void change_section(unsigned type, const Change& change) {
    const std::size_t at = section(type);
    auto header = read<ElfW(Shdr)>(bytes_, at);
    change(header);
    write(bytes_, at, header);
  }

  /// Returns the address of `swim` according to .symtab.
  std::uint64_t swim() const {
    const auto table = read<ElfW(Shdr)>(bytes_, section(SHT_SYMTAB));
    const auto names = read<ElfW(Shdr)>(bytes_, head_.e_shoff + table.sh_link * sizeof(ElfW(Shdr)));
    for (std::size_t at = table.sh_offset; at < table.sh_offset + table.sh_size;
         at += sizeof(ElfW(Sym))) {
      const auto symbol = read<ElfW(Sym)>(bytes_, at);
      if (std::string(&bytes_[names.sh_offset + symbol.st_name]) == "swim") return symbol.st_value;
    }
    ADD_FAILURE() << "no symbol swim";
    return 0;
  }

  std::string function_at(std::uint64_t address) {
    Function function;
    find_function(file().get(), address, function);
    return function.name.data();
  }

  std::string build_id_of() {
    std::array<char, 129> buffer{};
    return std::string(build_id(file().get(), buffer));
  }

  std::string bytes_;
  ElfW(Ehdr) head_;

 private:
  test::ScratchFolder folder_;
};

TEST_F(SymbolNames, FindTheFunctionOfAnAddress) {
  const auto begin = swim();
  EXPECT_EQ(function_at(begin), "swim");
  EXPECT_EQ(function_at(begin + 5), "swim");
  EXPECT_NE(function_at(begin - 1), "swim");
}

TEST_F(SymbolNames, HaveTheStartOfTheFunction) {
  Function function;
  find_function(file().get(), swim() + 5, function);
  EXPECT_EQ(function.start, swim());
}

TEST_F(SymbolNames, FindNothingWhereThereIsNoCode) {
  EXPECT_EQ(function_at(0), "");
  EXPECT_EQ(function_at(~std::uint64_t{0}), "");
}

TEST_F(SymbolNames, OfAStrippedModuleAreItsExportedFunctions) {
  const auto begin = swim();
  change_section(SHT_SYMTAB, [](auto& header) { header.sh_type = SHT_NULL; });
  EXPECT_EQ(function_at(begin + 5), "swim");
}

TEST_F(SymbolNames, IncludeTheBuildId) {
  EXPECT_EQ(build_id_of(), "00112233445566778899aabbccddeeff");
}

TEST_F(SymbolNames, AreEmptyForAFileThatIsNotAModule) {
  for (const auto* const text : {"", "\x7f",
                                 "\x7f"
                                 "ELF",
                                 "#!/bin/sh\n"}) {
    bytes_ = text;
    EXPECT_EQ(function_at(5), "");
    EXPECT_EQ(build_id_of(), "");
  }
  Function function;
  find_function(-1, 5, function);
  EXPECT_STREQ(function.name.data(), "");
}

TEST_F(SymbolNames, OfATruncatedFileDoNoHarm) {
  const std::string whole = bytes_;
  const auto begin = swim();
  for (std::size_t size = 0; size < whole.size(); size += 1 + size / 20) {
    bytes_ = whole.substr(0, size);
    const auto name = function_at(begin);
    EXPECT_TRUE(name.empty() || name == "swim") << size << " " << name;
  }
}

TEST_F(SymbolNames, WithWrongOffsetsDoNoHarm) {
  const std::string whole = bytes_;
  const auto begin = swim();
  for (const std::uint64_t lie :
       {std::uint64_t{0}, std::uint64_t{1}, whole.size() + 0, std::uint64_t{1} << 62,
        ~std::uint64_t{0}, ~std::uint64_t{0} - 23}) {
    for (const unsigned type : {SHT_SYMTAB, SHT_STRTAB}) {
      bytes_ = whole;
      change_section(type, [&](auto& header) { header.sh_offset = lie; });
      function_at(begin);
      bytes_ = whole;
      change_section(type, [&](auto& header) { header.sh_size = lie; });
      function_at(begin);
      bytes_ = whole;
      change_section(type, [&](auto& header) { header.sh_link = static_cast<unsigned>(lie); });
      function_at(begin);
      bytes_ = whole;
      change_section(type, [&](auto& header) { header.sh_entsize = lie; });
      function_at(begin);
    }
    bytes_ = whole;
    auto head = head_;
    head.e_shoff = lie;
    head.e_phoff = lie;
    head.e_shnum = 0xffff;
    head.e_phnum = 0xffff;
    write(bytes_, 0, head);
    function_at(begin);
    build_id_of();
  }
}

TEST_F(SymbolNames, InAHugeTableAreNotSearched) {
  const auto begin = swim();
  // A table in a sparse file that would take years to read.
  change_section(SHT_SYMTAB, [&](auto& header) {
    header.sh_offset = bytes_.size();
    header.sh_size = std::uint64_t{1} << 60;
  });
  const auto sparse = file();
  const Descriptor writable(
      ::open(("/proc/self/fd/" + std::to_string(sparse.get())).c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::ftruncate(writable.get(), off_t{1} << 40), 0);
  Function function;
  find_function(sparse.get(), begin, function);
  EXPECT_STREQ(function.name.data(), "");
}

TEST_F(SymbolNames, OfADamagedFileDoNoHarm) {
  const std::string whole = bytes_;
  const auto begin = swim();
  std::mt19937 numbers(4711);  // NOLINT: the same in each run
  const std::size_t tables = head_.e_shoff;
  for (int round = 0; round < 100; ++round) {
    bytes_ = whole;
    for (int i = 0; i < 8; ++i) {
      const bool in_head = numbers() % 2 == 0;
      const std::size_t at =
          in_head ? numbers() % 1024 : tables + numbers() % (whole.size() - tables);
      bytes_[at] = static_cast<char>(numbers());
    }
    EXPECT_LT(function_at(begin).size(), sizeof(Function::name));
    EXPECT_LE(build_id_of().size(), 128U);
  }
}

}  // namespace
}  // namespace shoal::crash
