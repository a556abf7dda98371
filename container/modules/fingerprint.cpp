#include "modules/fingerprint.hpp"

#include <nettle/sha2.h>

#include <array>
#include <string_view>

namespace shoal::modules {
namespace {

void add(sha256_ctx& digest, std::string_view text) {
  const std::uint64_t size = text.size();  // ahead of it, or "ab" + "c" were "a" + "bc"
  std::array<std::uint8_t, sizeof size> head;
  for (std::size_t i = 0; i < head.size(); ++i) head[i] = static_cast<std::uint8_t>(size >> 8 * i);
  ::nettle_sha256_update(&digest, head.size(), head.data());
  ::nettle_sha256_update(&digest, text.size(),
                         reinterpret_cast<const std::uint8_t*>(text.data()));  // NOLINT: its API
}

}  // namespace

std::string fingerprint_of(const Files& files) {
  sha256_ctx digest;
  ::nettle_sha256_init(&digest);
  for (const auto& [module, file] : files) {
    const auto& [device, inode, size, modified, changed] = file.identity;
    add(digest, module);
    add(digest, file.path.native());
    add(digest, std::to_string(device) + " " + std::to_string(inode) + " " + std::to_string(size) +
                    " " + std::to_string(modified) + " " + std::to_string(changed));
  }
  std::array<std::uint8_t, 16> bytes;
  ::nettle_sha256_digest(&digest, bytes.size(), bytes.data());
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const auto byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace shoal::modules
