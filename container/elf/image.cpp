#include "elf/image.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "elf/bytes.hpp"
#include "elf/sections.hpp"

namespace shoal::elf {
namespace {

constexpr std::int64_t kRelr = 36,
                       kRelrSize = 35;     // DT_RELR, DT_RELRSZ: not in elf.h before glibc 2.36
constexpr std::size_t kMostSegments = 64;  // bounds, far above what linkers write
constexpr std::size_t kMostEntries = 2048;

[[noreturn]] void foreign(const std::string& what) {
  throw Error("built for another machine (" + what + "); build it on this kind of machine");
}

template <typename T>
std::vector<T> array_of(std::string_view bytes, std::uint64_t offset, std::size_t count) {
  const std::string_view from = slice(bytes, offset, count * sizeof(T));
  std::vector<T> values(count);
  if (count != 0) std::memcpy(values.data(), from.data(), from.size());
  return values;
}

/// Returns true if a segment is all zeros that a linker never writes so.
bool is_unwritten(const Elf64_Phdr& segment, std::string_view content) {
  switch (segment.p_type) {
    case PT_LOAD:
      return (segment.p_flags & PF_X) != 0 && all_zero(content);
    case PT_DYNAMIC:
    case PT_NOTE:
    case PT_GNU_EH_FRAME:
      return all_zero(content);
    default:
      return false;
  }
}

}  // namespace

Image::Image(std::string_view bytes) : bytes_(bytes) {
  check_header();
  read_segments();
  require_sections(bytes_, header_);
  read_strings();
  check_tables();
}

void Image::check_header() {
  if (bytes_.empty()) incomplete("it is empty");
  if (!bytes_.starts_with(std::string_view(ELFMAG, SELFMAG))) {
    throw Error(
        "not a shared object: it has no ELF header; drop a file that was linked with -shared");
  }
  header_ = at<Elf64_Ehdr>(bytes_, 0);
  const int elf_class = header_.e_ident[EI_CLASS], system = header_.e_ident[EI_OSABI];
  if (elf_class != ELFCLASS64 || header_.e_ident[EI_DATA] != ELFDATA2LSB ||
      header_.e_machine != kMachine) {
    foreign("ELF class " + std::to_string(elf_class) + ", machine " +
            std::to_string(header_.e_machine) + ", not class 2, machine " +
            std::to_string(kMachine));
  }
  if (system != ELFOSABI_SYSV && system != ELFOSABI_GNU) {
    foreign("operating system " + std::to_string(system) + ", not Linux");
  }
  if (header_.e_type != ET_DYN) throw Error("not a shared object; link it with -shared");
  if (header_.e_phentsize != sizeof(Elf64_Phdr)) {
    incomplete("its program headers have an unknown size");
  }
}

void Image::read_segments() {
  if (header_.e_phnum > kMostSegments) incomplete("it has too many segments");
  segments_ = array_of<Elf64_Phdr>(bytes_, header_.e_phoff, header_.e_phnum);
  const Elf64_Phdr* dynamic = nullptr;
  for (const auto& segment : segments_) {
    if (segment.p_type == PT_NULL || segment.p_filesz == 0) continue;
    const std::string_view content = slice(bytes_, segment.p_offset, segment.p_filesz);
    if (is_unwritten(segment, content)) incomplete("one of its segments contains only zeros");
    if (segment.p_type == PT_LOAD && segment.p_filesz > segment.p_memsz) {
      incomplete("a segment is larger in the file than in memory");
    }
    if (segment.p_type == PT_DYNAMIC) dynamic = &segment;
  }
  if (dynamic == nullptr) incomplete("it has no dynamic section");
  read_dynamic(*dynamic);
}

void Image::read_dynamic(const Elf64_Phdr& segment) {
  // The dynamic linker uses the address, tools use the offset.
  const std::string_view content = mapped(segment.p_vaddr, segment.p_filesz);
  dynamic_offset_ = offset_of(content);
  if (dynamic_offset_ != segment.p_offset)
    incomplete("its dynamic section has two different positions");
  const std::size_t count = segment.p_filesz / sizeof(Elf64_Dyn);
  dynamic_ = array_of<Elf64_Dyn>(content, 0, std::min(count, kMostEntries));
  const auto end = std::ranges::find(dynamic_, DT_NULL, &Elf64_Dyn::d_tag);
  if (end == dynamic_.end()) incomplete("its dynamic section has no DT_NULL entry");
  entries_ = static_cast<std::size_t>(end - dynamic_.begin());
}

void Image::read_strings() {
  const auto address = find(DT_STRTAB), size = find(DT_STRSZ);
  if (!address || !size || *size == 0) incomplete("it has no dynamic string table");
  strings_ = mapped(*address, *size);
  if (strings_.back() != '\0') incomplete("its dynamic string table does not end with NUL");
}

/// Checks the tables that the dynamic linker reads without a check of the file's length.
void Image::check_tables() const {
  constexpr std::array kTables{
      std::pair<std::int64_t, std::int64_t>{DT_RELA, DT_RELASZ},
      std::pair<std::int64_t, std::int64_t>{DT_JMPREL, DT_PLTRELSZ},
      std::pair<std::int64_t, std::int64_t>{kRelr, kRelrSize},
      std::pair<std::int64_t, std::int64_t>{DT_INIT_ARRAY, DT_INIT_ARRAYSZ},
      std::pair<std::int64_t, std::int64_t>{DT_FINI_ARRAY, DT_FINI_ARRAYSZ}};
  for (const auto& [table, table_size] : kTables) {
    const auto address = find(table), size = find(table_size);
    if (address && size && *size != 0) mapped(*address, *size);
  }
}

std::optional<std::uint64_t> Image::find(std::int64_t tag) const {
  const auto all = entries();
  const auto found = std::find_if(all.rbegin(), all.rend(),
                                  [&](const Elf64_Dyn& entry) { return entry.d_tag == tag; });
  if (found == all.rend()) return std::nullopt;
  return found->d_un.d_val;
}

std::string_view Image::mapped(std::uint64_t address) const {
  for (const auto& segment : segments_) {
    if (segment.p_type != PT_LOAD || address < segment.p_vaddr) continue;
    const std::uint64_t inside = address - segment.p_vaddr;
    if (inside < segment.p_filesz) {
      return bytes_.substr(segment.p_offset + inside, segment.p_filesz - inside);
    }
  }
  incomplete("an address lies outside its segments");
}

std::string_view Image::mapped(std::uint64_t address, std::uint64_t size) const {
  const std::string_view rest = mapped(address);
  if (size > rest.size()) incomplete("a table extends beyond its segment");
  return rest.substr(0, size);
}

std::string Image::name(std::uint64_t position, std::size_t longest) const {
  if (position >= strings_.size()) incomplete("a name lies outside its string table");
  const std::string_view rest = strings_.substr(position, longest + 1);
  const auto end = rest.find('\0');
  if (end == std::string_view::npos) incomplete("one of its names is too long");
  const std::string_view name = rest.substr(0, end);
  const auto is_control = [](unsigned char byte) { return byte < 0x20 || byte == 0x7f; };
  if (name.empty() || std::ranges::any_of(name, is_control)) {
    incomplete("one of its names is empty or not printable");
  }
  return std::string(name);
}

}  // namespace shoal::elf
