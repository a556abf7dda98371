#pragma once

#include <cstdint>
#include <string_view>

namespace shoal::crash {

/// Writes text piece by piece, with no memory of its own: safe in a signal handler when `put` is.
class Writer {
 public:
  /// Writes `bytes` as they are. Errors are swallowed: there is nobody left to tell.
  virtual void put(std::string_view bytes) noexcept = 0;

  /// Writes `text` without its control bytes, for a name out of a file may hold anything.
  void printable(std::string_view text) noexcept;
  void decimal(std::int64_t number) noexcept;
  void hex(std::uintptr_t number) noexcept;  ///< `0x7f00`

 protected:
  ~Writer() = default;
};

/// Writes to a descriptor that stays the caller's. Safe in a signal handler.
class DescriptorWriter final : public Writer {
 public:
  explicit DescriptorWriter(int descriptor) : descriptor_(descriptor) {}
  void put(std::string_view bytes) noexcept override;

 private:
  int descriptor_;
};

}  // namespace shoal::crash
