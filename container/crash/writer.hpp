#pragma once

#include <cstdint>
#include <string_view>

namespace shoal::crash {

/// Writes text in pieces, without memory of its own: safe in a signal handler if `put` is.
class Writer {
 public:
  /// Writes `bytes` unchanged. Ignores errors, since a crashing process cannot report them.
  virtual void put(std::string_view bytes) noexcept = 0;

  /// Writes `text` with `?` for each control byte: a name from a file may contain any byte.
  void printable(std::string_view text) noexcept;

  void decimal(std::int64_t number) noexcept;
  void hex(std::uintptr_t number) noexcept;  ///< `0x7f00`

 protected:
  ~Writer() = default;
};

/// Writes to a descriptor, which it does not close. Safe in a signal handler.
class DescriptorWriter final : public Writer {
 public:
  explicit DescriptorWriter(int descriptor) : descriptor_(descriptor) {}
  void put(std::string_view bytes) noexcept override;

 private:
  int descriptor_;
};

}  // namespace shoal::crash
