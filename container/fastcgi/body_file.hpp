#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "base/descriptor.hpp"

namespace shoal::fastcgi {

/// How many bytes of collected bodies a process may hold, in memory and in files together
/// (`limits.bodies`). Safe to use from any thread.
class BodyBudget {
 public:
  explicit BodyBudget(std::uint64_t bytes) : bytes_(bytes) {}

  /// Takes this many bytes. Returns false, and takes nothing, if fewer are left.
  bool take(std::uint64_t bytes);
  void give_back(std::uint64_t bytes);

  /// Returns true if so many bytes are left. They are not taken: a peer that announces a body and
  /// does not send it must not keep others from sending theirs.
  bool has(std::uint64_t bytes) const { return bytes <= bytes_ - taken_; }

 private:
  const std::uint64_t bytes_;
  std::atomic<std::uint64_t> taken_{0};
};

/// A body that is too large to be held in memory: a file without a name. Removed by the kernel with
/// the descriptor, also if the process is killed. Used by one thread at a time.
class BodyFile {
 public:
  /// Makes the file in this folder, with mode 0600. Throws std::system_error.
  explicit BodyFile(const std::filesystem::path& folder);

  /// The file of another process, with all that it has. Throws std::system_error.
  explicit BodyFile(base::Descriptor file);

  /// Throws std::system_error, e.g. when the disk is full.
  void append(std::string_view bytes);

  /// Reads from this offset on. Returns how many bytes; 0 at the end. Throws std::system_error.
  std::size_t read(std::uint64_t offset, std::span<char> buffer) const;

  std::uint64_t size() const { return size_; }
  int descriptor() const { return file_.get(); }

 private:
  base::Descriptor file_;
  std::uint64_t size_ = 0;
};

}  // namespace shoal::fastcgi
