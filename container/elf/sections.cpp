#include "elf/sections.hpp"

#include "elf/bytes.hpp"

namespace shoal::elf {
namespace {

/// Returns true if the section cannot be all zeros: code, or a table with more than its empty first
/// entry.
bool has_content(const Elf64_Shdr& section) {
  switch (section.sh_type) {
    case SHT_STRTAB:
      return section.sh_size > 1;
    case SHT_SYMTAB:
    case SHT_DYNSYM:
      return section.sh_size > sizeof(Elf64_Sym);
    case SHT_DYNAMIC:
    case SHT_HASH:
    case SHT_GNU_HASH:
    case SHT_NOTE:
      return section.sh_size != 0;
    default:
      return (section.sh_flags & SHF_EXECINSTR) != 0 && section.sh_size != 0;
  }
}

}  // namespace

void require_sections(std::string_view bytes, const Elf64_Ehdr& header) {
  if (header.e_shoff == 0 || header.e_shnum == 0) return;  // stripped
  if (header.e_shentsize != sizeof(Elf64_Shdr)) {
    incomplete("its section headers have an unknown size");
  }
  const std::string_view table =
      slice(bytes, header.e_shoff, std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr));
  Elf64_Shdr section{}, names{};
  // Sections do not overlap. In a hostile file they may, so the bytes that are read are limited to
  // the size of the file.
  std::uint64_t unseen = bytes.size();
  for (std::size_t i = 0; i < header.e_shnum; ++i) {
    section = at<Elf64_Shdr>(table, i * sizeof section);
    if (i == header.e_shstrndx) names = section;
    if (section.sh_type == SHT_NOBITS || section.sh_type == SHT_NULL) continue;
    const std::string_view content = slice(bytes, section.sh_offset, section.sh_size);
    if (!has_content(section) || content.size() > unseen) continue;
    unseen -= content.size();
    if (all_zero(content)) incomplete("one of its sections contains only zeros");
  }
  if (names.sh_type != SHT_STRTAB || (header.e_shnum > 1 && section.sh_type == SHT_NULL)) {
    incomplete("its section table is not written yet");
  }
}

}  // namespace shoal::elf
