#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

#include "elf/facts.hpp"

namespace shoal::modules {

/// All bytes of one file, read once. Holes cost neither time nor memory.
class FileBytes {
 public:
  /// Throws elf::Error, which does not name the file, when it cannot be read, is no regular file,
  /// or is too large for a module.
  explicit FileBytes(const std::filesystem::path& path);
  ~FileBytes();
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  std::string_view bytes() const { return {begin_, size_}; }

 private:
  void read(int file);

  char* begin_ = nullptr;
  std::size_t size_ = 0;
};

/// What the file at `path` says of itself. Throws elf::Error, as above.
inline elf::Facts facts_of(const std::filesystem::path& path) {
  return elf::read(FileBytes(path).bytes());
}

}  // namespace shoal::modules
