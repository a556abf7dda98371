#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::elf {

#if defined(__x86_64__)
constexpr int kMachine = EM_X86_64;
constexpr std::uint64_t kPage = 0x1000;
#elif defined(__aarch64__)
constexpr int kMachine = EM_AARCH64;
constexpr std::uint64_t kPage = 0x10000;
#else
#error "Shoal runs on x86_64 and aarch64"
#endif

/// A shared object as the dynamic linker sees it: by its program headers, without its sections.
/// Each access is checked: every function throws Error where an address, offset or size leads
/// outside the file.
///
/// Borrows the bytes, which must outlive it.
class Image {
 public:
  /// Throws Error unless the bytes are a complete shared object for this machine.
  explicit Image(std::string_view bytes);

  std::string_view bytes() const { return bytes_; }
  std::span<const Elf64_Phdr> segments() const { return segments_; }

  /// Returns the dynamic section without its DT_NULL entry.
  std::span<const Elf64_Dyn> entries() const { return std::span(dynamic_).first(entries_); }

  /// Returns how many entries fit into the dynamic section, DT_NULL included.
  std::size_t entry_capacity() const { return dynamic_.size(); }

  /// Returns the offset in the file of the entry with this index.
  std::uint64_t entry_offset(std::size_t index) const {
    return dynamic_offset_ + index * sizeof(Elf64_Dyn);
  }

  /// Returns the value of this tag; nullopt when there is no entry with it. Like the dynamic
  /// linker, takes the last entry of several.
  std::optional<std::uint64_t> find(std::int64_t tag) const;

  /// Returns the bytes from this address to the end of its segment, or `size` of them.
  std::string_view mapped(std::uint64_t address) const;
  std::string_view mapped(std::uint64_t address, std::uint64_t size) const;

  /// Returns the offset in the file of bytes that a function above has returned.
  std::uint64_t offset_of(std::string_view part) const {
    return static_cast<std::uint64_t>(part.data() - bytes_.data());
  }

  /// Returns the dynamic string table. Its last byte is NUL.
  std::string_view strings() const { return strings_; }

  /// Returns the name at this position of the string table. Throws Error when it is empty, not
  /// printable, or longer than `longest`: by default, than a path may be.
  std::string name(std::uint64_t position, std::size_t longest = 4096) const;

 private:
  void check_header();
  void read_segments();
  void read_dynamic(const Elf64_Phdr& segment);
  void read_strings();
  void check_tables() const;

  std::string_view bytes_;
  Elf64_Ehdr header_{};
  std::vector<Elf64_Phdr> segments_;
  std::vector<Elf64_Dyn> dynamic_;
  std::uint64_t dynamic_offset_ = 0;
  std::size_t entries_ = 0;
  std::string_view strings_;
};

}  // namespace shoal::elf
