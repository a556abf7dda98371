#include "releases/apps/digest.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

namespace shoal::releases {

void Digest::add(std::string_view bytes) {
  ::nettle_sha256_update(&context_, bytes.size(),
                         reinterpret_cast<const std::uint8_t*>(bytes.data()));  // NOLINT: its API
}

std::string Digest::hex(std::size_t bytes) {
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest;
  ::nettle_sha256_digest(&context_, bytes, digest.data());
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) {
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15];
  }
  return text;
}

std::optional<std::string> sha256_of(int file) {
  Digest digest;
  std::array<char, 128 * 1024> part;
  for (off_t at = 0;;) {
    const ssize_t size = ::pread(file, part.data(), part.size(), at);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return std::nullopt;
    if (size == 0) return digest.hex();
    digest.add({part.data(), static_cast<std::size_t>(size)});
    at += size;
  }
}

}  // namespace shoal::releases
