#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/descriptor.hpp"
#include "base/failure.hpp"

namespace shoal::releases {

/// Why a file cannot be a module, whatever its bytes are: it cannot be read, is not a regular file,
/// or is too large.
class FileError : public std::runtime_error {
 public:
  /// `error`: errno of the open(2) that failed; 0 if the file could be opened.
  explicit FileError(base::Failure reason, int error = 0)
      : std::runtime_error(reason.text()), reason_(std::move(reason)), error_(error) {}

  const base::Failure& reason() const { return reason_; }
  int error() const { return error_; }

 private:
  base::Failure reason_;
  int error_;
};

// Reasons that the scan of the apps folder gives, too, without the file's name.
base::Failure not_a_regular_file();
base::Failure broken_link();

/// Opens a file that is to be a module, and fills in `status` as fstat(2) does. Does not wait for a
/// FIFO. Throws FileError.
base::Descriptor open_module_file(const std::filesystem::path& path, struct stat& status);

/// All bytes of one file, unmapped by the destructor. Move only.
class FileBytes {
 public:
  /// Reads the file once: later changes of it are not seen. Holes cost neither time nor memory.
  /// Throws FileError.
  explicit FileBytes(const std::filesystem::path& path);

  /// Takes over a mapping. `size` 0: nothing is mapped.
  FileBytes(void* begin, std::size_t size) : begin_(static_cast<char*>(begin)), size_(size) {}

  FileBytes(FileBytes&& other) noexcept
      : begin_(std::exchange(other.begin_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  FileBytes& operator=(FileBytes&&) = delete;
  ~FileBytes();

  std::string_view bytes() const { return {begin_, size_}; }

 private:
  char* begin_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace shoal::releases
