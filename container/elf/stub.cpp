#include "elf/stub.hpp"

#include <elf.h>

#include <array>
#include <cassert>
#include <cstring>

#include "elf/image.hpp"

namespace shoal::elf {
namespace {

/// Appends the bytes of a value.
template <typename T>
void append(std::string& file, const T& value) {
  file.append(sizeof value, '\0');
  std::memcpy(file.data() + file.size() - sizeof value, &value, sizeof value);
}

Elf64_Ehdr header(std::size_t segments) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
  header.e_machine = kMachine;
  header.e_version = EV_CURRENT;
  header.e_phoff = header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = static_cast<Elf64_Half>(segments);
  header.e_shentsize = sizeof(Elf64_Shdr);
  return header;
}

Elf64_Phdr segment(Elf64_Word type, std::uint64_t offset, std::uint64_t size, std::uint64_t align) {
  Elf64_Phdr segment{};
  segment.p_type = type;
  segment.p_flags = PF_R | PF_W;  // the dynamic linker writes into the dynamic section
  segment.p_offset = segment.p_vaddr = segment.p_paddr = offset;
  segment.p_filesz = segment.p_memsz = size;
  segment.p_align = align;
  return segment;
}

}  // namespace

std::string stub(const std::vector<std::string>& needed, const std::string& soname) {
  // Header, segments, one empty symbol, a hash table without symbols, dynamic section, strings.
  constexpr std::size_t kSegments = 3;
  constexpr std::array<Elf64_Word, 4> kHash{1, 1, 0, 0};  // one bucket and one chain, both empty
  constexpr std::uint64_t kSymbol = sizeof(Elf64_Ehdr) + kSegments * sizeof(Elf64_Phdr);
  constexpr std::uint64_t kHashTable = kSymbol + sizeof(Elf64_Sym);
  constexpr std::uint64_t kDynamic = kHashTable + sizeof kHash;

  std::string strings(1, '\0');
  std::vector<Elf64_Dyn> dynamic;
  const auto add = [&](Elf64_Sxword tag, std::uint64_t value) {
    dynamic.push_back({.d_tag = tag, .d_un = {.d_val = value}});
  };
  const auto add_name = [&](Elf64_Sxword tag, const std::string& name) {
    assert(!name.empty() && name.find('\0') == std::string::npos);
    add(tag, strings.size());
    strings.append(name.c_str(), name.size() + 1);
  };
  for (const auto& name : needed) add_name(DT_NEEDED, name);
  add_name(DT_SONAME, soname);
  const std::uint64_t dynamic_size = (dynamic.size() + 6) * sizeof(Elf64_Dyn);
  add(DT_HASH, kHashTable);
  add(DT_STRTAB, kDynamic + dynamic_size);
  add(DT_SYMTAB, kSymbol);
  add(DT_STRSZ, strings.size());
  add(DT_SYMENT, sizeof(Elf64_Sym));
  add(DT_NULL, 0);

  std::string file;
  append(file, header(kSegments));
  append(file, segment(PT_LOAD, 0, kDynamic + dynamic_size + strings.size(), kPage));
  append(file, segment(PT_DYNAMIC, kDynamic, dynamic_size, alignof(Elf64_Dyn)));
  // Without this segment glibc makes the stacks of all threads executable.
  append(file, segment(PT_GNU_STACK, 0, 0, 16));
  append(file, Elf64_Sym{});
  append(file, kHash);
  for (const auto& entry : dynamic) append(file, entry);
  return file + strings;
}

}  // namespace shoal::elf
