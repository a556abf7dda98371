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

/// A shared object as the dynamic linker will see it: through its program headers alone. Every
/// access is checked against the file; what leads out of it throws Error.
///
/// Borrows the bytes, which must outlive it.
class Image {
 public:
  /// Verifies that this is a whole shared object for this machine. Throws Error.
  explicit Image(std::string_view bytes);

  std::string_view bytes() const { return bytes_; }
  std::span<const Elf64_Phdr> segments() const { return segments_; }

  /// The dynamic section up to its end mark.
  std::span<const Elf64_Dyn> entries() const { return std::span(dynamic_).first(entries_); }

  /// How many entries the dynamic section has room for, its end mark included.
  std::size_t entry_capacity() const { return dynamic_.size(); }

  /// Where in the file the entry of this index lies.
  std::uint64_t entry_offset(std::size_t index) const {
    return dynamic_offset_ + index * sizeof(Elf64_Dyn);
  }

  /// The value of this tag; of its last entry, as the dynamic linker has it.
  std::optional<std::uint64_t> find(std::int64_t tag) const;

  /// What the file holds from this address to the end of its segment.
  std::string_view mapped(std::uint64_t address) const;
  std::string_view mapped(std::uint64_t address, std::uint64_t size) const;

  /// Where in the file something lies that one of the above returned.
  std::uint64_t offset_of(std::string_view part) const {
    return static_cast<std::uint64_t>(part.data() - bytes_.data());
  }

  /// The dynamic string table. Its last byte is NUL.
  std::string_view strings() const { return strings_; }

  /// A name of the string table: printable, not empty, and no longer than a path may be.
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
