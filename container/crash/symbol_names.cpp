#include "crash/symbol_names.hpp"

#include <elf.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <limits>

namespace shoal::crash {
namespace {

// Bounds that no honest file reaches: a hostile one must not keep a crashing process alive.
constexpr std::uint64_t kMostSymbols = 2'000'000;
constexpr std::size_t kMostSections = 65'535;
constexpr std::size_t kMostSegments = 256;
constexpr std::size_t kMostNotes = 64;

/// Reads up to `size` bytes at `offset`. Returns how many it could read.
std::size_t read_some(int file, std::uint64_t offset, void* to, std::size_t size) noexcept {
  if (offset > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) return 0;
  ssize_t got = 0;
  do {
    got = ::pread(file, to, size, static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  return got < 0 ? 0 : static_cast<std::size_t>(got);
}

template <typename T>
bool read_at(int file, std::uint64_t offset, T& to) noexcept {
  return read_some(file, offset, &to, sizeof(to)) == sizeof(to);
}

bool read_head(int file, ElfW(Ehdr) & head) noexcept {
  return read_at(file, 0, head) && std::memcmp(head.e_ident, ELFMAG, SELFMAG) == 0 &&
         head.e_ident[EI_CLASS] == (sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32) &&
         head.e_ident[EI_DATA] == ELFDATA2LSB;
}

bool read_section(int file, const ElfW(Ehdr) & head, std::size_t number,
                  ElfW(Shdr) & section) noexcept {
  return number < head.e_shnum && head.e_shentsize == sizeof(section) &&
         read_at(file, head.e_shoff + number * sizeof(section), section);
}

/// Finds .symtab, or .dynsym in a file without it.
bool find_table(int file, const ElfW(Ehdr) & head, ElfW(Shdr) & table) noexcept {
  bool found = false;
  ElfW(Shdr) section{};
  const std::size_t count = std::min<std::size_t>(head.e_shnum, kMostSections);
  for (std::size_t i = 0; i < count && read_section(file, head, i, section); ++i) {
    if (section.sh_type != SHT_SYMTAB && (found || section.sh_type != SHT_DYNSYM)) continue;
    table = section;
    found = true;
    if (section.sh_type == SHT_SYMTAB) break;
  }
  return found && table.sh_entsize == sizeof(ElfW(Sym));
}

bool is_function(const ElfW(Sym) & symbol) noexcept {
  const int type = symbol.st_info & 0xf;
  return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol.st_shndx != SHN_UNDEF;
}

/// Returns true if the symbol may contain the address. Functions in assembler may have no size:
/// they reach to the next function, or to the end of their section.
bool holds(const ElfW(Sym) & symbol, std::uint64_t address) noexcept {
  return symbol.st_value <= address &&
         (symbol.st_size == 0 || address - symbol.st_value < symbol.st_size);
}

bool is_better(const ElfW(Sym) & one, const ElfW(Sym) & other) noexcept {
  if ((one.st_size != 0) != (other.st_size != 0)) return one.st_size != 0;
  return one.st_value > other.st_value;
}

bool find_symbol(int file, const ElfW(Shdr) & table, std::uint64_t address,
                 ElfW(Sym) & best) noexcept {
  std::array<ElfW(Sym), 256> piece;
  bool found = false;
  std::uint64_t left = std::min<std::uint64_t>(table.sh_size / sizeof(ElfW(Sym)), kMostSymbols);
  for (std::uint64_t offset = table.sh_offset; left > 0;) {
    const std::size_t asked = std::min<std::uint64_t>(left, piece.size());
    const std::size_t size = read_some(file, offset, piece.data(), asked * sizeof(ElfW(Sym)));
    const std::size_t count = size / sizeof(ElfW(Sym));
    for (std::size_t i = 0; i < count; ++i) {
      if (!is_function(piece[i]) || !holds(piece[i], address)) continue;
      if (found && !is_better(piece[i], best)) continue;
      best = piece[i];
      found = true;
    }
    if (count < asked) break;
    offset += size;
    left -= count;
  }
  return found;
}

bool is_in_section_of(int file, const ElfW(Ehdr) & head, const ElfW(Sym) & symbol,
                      std::uint64_t address) noexcept {
  ElfW(Shdr) section{};
  return read_section(file, head, symbol.st_shndx, section) && address >= section.sh_addr &&
         address - section.sh_addr < section.sh_size;
}

struct Note {
  ElfW(Nhdr) head;
  std::array<char, 4> name;  // as long as "GNU" with its zero
};

std::uint64_t padded(std::uint64_t size, std::uint64_t alignment) noexcept {
  return (size + alignment - 1) / alignment * alignment;
}

/// Returns the build-id from the notes of one segment; empty if it has no build-id.
std::string_view build_id_in(int file, const ElfW(Phdr) & segment,
                             std::array<char, 129>& buffer) noexcept {
  constexpr std::string_view kHex = "0123456789abcdef";
  const std::uint64_t alignment = segment.p_align == 8 ? 8 : 4;
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < kMostNotes && at < segment.p_filesz; ++i) {
    Note note{};
    if (!read_at(file, segment.p_offset + at, note)) return {};
    const std::uint64_t text = at + sizeof(note.head) + padded(note.head.n_namesz, alignment);
    if (note.head.n_type == NT_GNU_BUILD_ID && note.head.n_namesz == 4 &&
        std::memcmp(note.name.data(), "GNU", 4) == 0) {
      std::array<unsigned char, 64> id{};
      const std::size_t size = std::min<std::size_t>(note.head.n_descsz, id.size());
      const std::size_t got = read_some(file, segment.p_offset + text, id.data(), size);
      for (std::size_t byte = 0; byte < got; ++byte) {
        buffer[2 * byte] = kHex[id[byte] >> 4];
        buffer[2 * byte + 1] = kHex[id[byte] & 0xf];
      }
      return {buffer.data(), 2 * got};
    }
    at = padded(text + note.head.n_descsz, alignment);
  }
  return {};
}

}  // namespace

void find_function(int file, std::uint64_t address, Function& found) noexcept {
  found.name.front() = '\0';
  ElfW(Ehdr) head{};
  ElfW(Shdr) table{};
  ElfW(Shdr) names{};
  ElfW(Sym) symbol{};
  if (!read_head(file, head) || !find_table(file, head, table)) return;
  if (!read_section(file, head, table.sh_link, names) || names.sh_type != SHT_STRTAB) return;
  if (!find_symbol(file, table, address, symbol) || symbol.st_name >= names.sh_size) return;
  if (symbol.st_size == 0 && !is_in_section_of(file, head, symbol, address)) return;
  const std::uint64_t left = names.sh_size - symbol.st_name;
  const std::size_t size = read_some(file, names.sh_offset + symbol.st_name, found.name.data(),
                                     std::min<std::uint64_t>(found.name.size() - 1, left));
  found.name[size] = '\0';
  found.start = symbol.st_value;
}

std::string_view build_id(int file, std::array<char, 129>& buffer) noexcept {
  ElfW(Ehdr) head{};
  if (!read_head(file, head) || head.e_phentsize != sizeof(ElfW(Phdr))) return {};
  const std::size_t count = std::min<std::size_t>(head.e_phnum, kMostSegments);
  for (std::size_t i = 0; i < count; ++i) {
    ElfW(Phdr) segment{};
    if (!read_at(file, head.e_phoff + i * sizeof(segment), segment)) return {};
    if (segment.p_type != PT_NOTE) continue;
    const auto id = build_id_in(file, segment, buffer);
    if (!id.empty()) return id;
  }
  return {};
}

}  // namespace shoal::crash
