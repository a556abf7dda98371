#pragma once

#include <nettle/sha2.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace shoal::releases {

/// A SHA-256 that is fed piece by piece. Used by one thread.
class Digest {
 public:
  Digest() { ::nettle_sha256_init(&context_); }

  void add(std::string_view bytes);

  /// Returns the first `bytes` bytes of the digest as hexadecimal digits, and begins anew.
  std::string hex(std::size_t bytes = SHA256_DIGEST_SIZE);

 private:
  sha256_ctx context_;
};

/// Returns the SHA-256 of the whole open file; nullopt, with errno, when it cannot be read.
std::optional<std::string> sha256_of(int file);

}  // namespace shoal::releases
