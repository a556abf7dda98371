#include "modules/elf.hpp"

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>

#include "modules/load_error.hpp"

namespace shoal::modules {
namespace {

#if defined(__x86_64__)
constexpr int kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr int kMachine = EM_AARCH64;
#else
#error "Shoal runs on x86_64 and aarch64"
#endif

/// A view of an ELF file whose every access is checked.
class Image {
 public:
  Image(std::string_view bytes, std::string shown) : bytes_(bytes), shown_(std::move(shown)) {
    check_header();
    check_segments();
    check_sections();
  }

  Elf read() const {
    const auto string_table = find(DT_STRTAB), string_size = find(DT_STRSZ);
    if (!string_table || !string_size) incomplete("it has no dynamic string table");
    const std::string_view strings = slice(offset_of(*string_table), *string_size);
    Elf elf;
    for (const auto& entry : dynamic_) {
      if (entry.d_tag == DT_NULL) break;
      if (entry.d_tag == DT_NEEDED) elf.needed.push_back(text(strings, entry.d_un.d_val));
      if (entry.d_tag == DT_SONAME) elf.soname = text(strings, entry.d_un.d_val);
    }
    return elf;
  }

 private:
  void check_header() {
    if (bytes_.empty()) incomplete("it is empty");
    if (!bytes_.starts_with(std::string_view(ELFMAG, SELFMAG))) {
      refuse(
          "not a shared object: it does not begin as ELF; drop what the linker made with -shared");
    }
    header_ = at<ElfW(Ehdr)>(0);
    if (header_.e_ident[EI_CLASS] != ELFCLASS64 || header_.e_ident[EI_DATA] != ELFDATA2LSB ||
        header_.e_machine != kMachine) {
      refuse("built for another machine (ELF class " + std::to_string(header_.e_ident[EI_CLASS]) +
             ", machine " + std::to_string(header_.e_machine) + ", not class 2, machine " +
             std::to_string(kMachine) + "); build it on this kind of machine");
    }
    if (header_.e_type != ET_DYN) refuse("not a shared object; link it with -shared");
    if (header_.e_phentsize != sizeof(ElfW(Phdr)))
      incomplete("its program headers are of no known size");
  }

  void check_segments() {
    segments_ = array<ElfW(Phdr)>(header_.e_phoff, header_.e_phnum);
    for (const auto& segment : segments_) {
      if (segment.p_type == PT_NULL || segment.p_filesz == 0) continue;
      slice(segment.p_offset, segment.p_filesz);
      if (segment.p_type == PT_DYNAMIC) {
        dynamic_ = array<ElfW(Dyn)>(segment.p_offset, segment.p_filesz / sizeof(ElfW(Dyn)));
      }
    }
    if (dynamic_.empty()) incomplete("it has no dynamic section");
  }

  /// The section table is written last, so it shows a file whose writer has not finished.
  void check_sections() {
    if (header_.e_shoff == 0) return;  // stripped of it
    if (header_.e_shentsize != sizeof(ElfW(Shdr)))
      incomplete("its section headers are of no known size");
    const auto sections = array<ElfW(Shdr)>(header_.e_shoff, header_.e_shnum);
    for (const auto& section : sections) {
      if (section.sh_type != SHT_NOBITS && section.sh_type != SHT_NULL) {
        slice(section.sh_offset, section.sh_size);
      }
    }
    if (sections.empty()) return;
    if (header_.e_shstrndx >= sections.size() ||
        sections[header_.e_shstrndx].sh_type != SHT_STRTAB) {
      incomplete("its section table is not written yet");
    }
  }

  std::optional<ElfW(Xword)> find(ElfW(Sxword) tag) const {
    const auto end = std::ranges::find(dynamic_, DT_NULL, &ElfW(Dyn)::d_tag);
    const auto found =
        std::find_if(dynamic_.begin(), end, [&](const auto& entry) { return entry.d_tag == tag; });
    if (found == end) return std::nullopt;
    return found->d_un.d_val;
  }

  /// Where in the file a virtual address lies.
  ElfW(Off) offset_of(ElfW(Addr) address) const {
    for (const auto& segment : segments_) {
      if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
          address - segment.p_vaddr < segment.p_filesz) {
        return address - segment.p_vaddr + segment.p_offset;
      }
    }
    incomplete("an address leads out of its segments");
  }

  std::string text(std::string_view strings, ElfW(Xword) offset) const {
    const auto end = offset < strings.size() ? strings.find('\0', offset) : std::string_view::npos;
    if (end == std::string_view::npos) incomplete("a name leads out of its string table");
    return std::string(strings.substr(offset, end - offset));
  }

  std::string_view slice(ElfW(Off) offset, ElfW(Xword) size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) {
      incomplete("it ends after " + std::to_string(bytes_.size()) + " bytes");
    }
    return bytes_.substr(offset, size);
  }

  template <typename T>
  T at(ElfW(Off) offset) const {
    T value;
    std::memcpy(&value, slice(offset, sizeof value).data(), sizeof value);
    return value;
  }

  template <typename T>
  std::vector<T> array(ElfW(Off) offset, std::size_t count) const {
    const std::string_view from = slice(offset, count * sizeof(T));
    std::vector<T> values(count);
    if (count != 0) std::memcpy(values.data(), from.data(), from.size());
    return values;
  }

  [[noreturn]] void refuse(const std::string& fact) const { throw LoadError(shown_ + ": " + fact); }

  [[noreturn]] void incomplete(const std::string& fact) const {
    refuse("incomplete: " + fact + "; drop it again once it is written whole");
  }

  std::string_view bytes_;
  std::string shown_;
  ElfW(Ehdr) header_{};
  std::vector<ElfW(Phdr)> segments_;
  std::vector<ElfW(Dyn)> dynamic_;
};

}  // namespace

Elf read_elf(const std::filesystem::path& staged, const std::filesystem::path& shown) {
  std::string bytes(std::filesystem::file_size(staged), '\0');
  if (!std::ifstream(staged, std::ios::binary).read(bytes.data(), std::ssize(bytes))) {
    throw Unavailable(shown.native() + ": its staged copy cannot be read; it is tried again");
  }
  return Image(bytes, shown.native()).read();
}

}  // namespace shoal::modules
