#include "elf/symbols.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "elf/bytes.hpp"

namespace shoal::elf {

Symbols::Symbols(const Image& image) : image_(image) {
  const auto table = image.find(DT_SYMTAB), hash = image.find(DT_HASH),
             gnu_hash = image.find(DT_GNU_HASH);
  if (!table) incomplete("it has no dynamic symbol table");
  if (image.find(DT_SYMENT).value_or(sizeof(Elf64_Sym)) != sizeof(Elf64_Sym)) {
    incomplete("its symbols have an unknown size");
  }
  address_ = *table;
  table_ = image.mapped(address_);
  // Both are checked. The dynamic linker prefers DT_GNU_HASH, and divides by its number of buckets.
  if (hash) count_by_hash(*hash);
  if (gnu_hash) count_by_gnu_hash(*gnu_hash);
  if (!findable_) count_ = std::max(count_, count_up_to_next_table());
  if (count_ > table_.size() / sizeof(Elf64_Sym)) {
    incomplete("its symbol table extends beyond its segment");
  }
}

void Symbols::count_by_hash(std::uint64_t address) {
  const std::string_view table = image_.mapped(address);
  const auto buckets = elf::at<std::uint32_t>(table, 0), chains = elf::at<std::uint32_t>(table, 4);
  if (buckets == 0) incomplete("its hash table is empty");
  slice(table, 8, (std::uint64_t{buckets} + chains) * 4);
  count_ = chains;
  findable_ = true;
}

void Symbols::count_by_gnu_hash(std::uint64_t address) {
  const std::string_view table = image_.mapped(address);
  const auto buckets = elf::at<std::uint32_t>(table, 0), first = elf::at<std::uint32_t>(table, 4),
             words = elf::at<std::uint32_t>(table, 8);
  if (buckets == 0 || !std::has_single_bit(words)) incomplete("its hash table is empty");
  const std::uint64_t bucket_offset = 16 + std::uint64_t{words} * 8;
  const std::uint64_t chain_offset = bucket_offset + std::uint64_t{buckets} * 4;
  const std::string_view starts = slice(table, bucket_offset, std::uint64_t{buckets} * 4);
  std::uint32_t last = 0;
  for (std::size_t i = 0; i < starts.size(); i += 4) {
    last = std::max(last, elf::at<std::uint32_t>(starts, i));
  }
  if (last == 0) return;  // it exports no symbol, and `first` may have any value
  if (last < first) incomplete("its hash table points outside itself");
  // The last symbol is at the end of the last chain.
  std::uint64_t index = last;
  while ((elf::at<std::uint32_t>(table, chain_offset + (index - first) * 4) & 1) == 0) ++index;
  count_ = std::max<std::size_t>(count_, index + 1);
  findable_ = true;
}

/// Estimates the number of symbols of a file that exports no symbol: its hash tables lack them.
/// An estimate that is too high is safe: the names of these symbols are kept, and nothing else is
/// used.
std::size_t Symbols::count_up_to_next_table() const {
  constexpr std::array kTables{DT_STRTAB, DT_HASH,       DT_GNU_HASH,  DT_VERSYM, DT_VERNEED,
                               DT_VERDEF, DT_RELA,       DT_JMPREL,    DT_INIT,   DT_FINI,
                               DT_PLTGOT, DT_FINI_ARRAY, DT_INIT_ARRAY};
  std::uint64_t size = table_.size();
  for (const auto tag : kTables) {
    const auto address = image_.find(tag);
    if (address && *address > address_) size = std::min(size, *address - address_);
  }
  return size / sizeof(Elf64_Sym);
}

Symbol Symbols::at(std::size_t index) const {
  const std::uint64_t position = index * sizeof(Elf64_Sym);
  const auto entry = elf::at<Elf64_Sym>(table_, position);
  if (findable_ && entry.st_name >= image_.strings().size()) {
    incomplete("the name of a symbol lies outside its string table");
  }
  return {.offset = image_.offset_of(table_) + position,
          .name = entry.st_name,
          .binding = ELF64_ST_BIND(entry.st_info),
          .type = ELF64_ST_TYPE(entry.st_info),
          .defined = findable_ && entry.st_shndx != SHN_UNDEF,
          .other = entry.st_other};
}

bool Symbols::is(const Symbol& symbol, std::string_view name) const {
  return starts(symbol, name) && image_.strings().substr(symbol.name)[name.size()] == '\0';
}

bool Symbols::starts(const Symbol& symbol, std::string_view prefix) const {
  return symbol.name < image_.strings().size() &&
         image_.strings().substr(symbol.name).starts_with(prefix);
}

}  // namespace shoal::elf
