#include "releases/history/fingerprint.hpp"

#include <array>
#include <cstdint>
#include <string_view>

#include "releases/apps/digest.hpp"

namespace shoal::releases {
namespace {

constexpr std::size_t kBytesOfDigest = 16;

void add(Digest& digest, std::string_view text) {
  const std::uint64_t size = text.size();  // ahead of it, or "ab" + "c" were "a" + "bc"
  std::array<char, sizeof size> head;
  for (std::size_t i = 0; i < head.size(); ++i) head[i] = static_cast<char>(size >> 8 * i);
  digest.add({head.data(), head.size()});
  digest.add(text);
}

}  // namespace

std::string fingerprint_of(const Files& files) {
  Digest digest;
  for (const auto& [module, file] : files) {
    const auto& [device, inode, size, modified, changed] = file.identity;
    add(digest, module);
    add(digest, file.path.native());
    add(digest, std::to_string(device) + " " + std::to_string(inode) + " " + std::to_string(size) +
                    " " + std::to_string(modified) + " " + std::to_string(changed));
  }
  return digest.hex(kBytesOfDigest);
}

}  // namespace shoal::releases
