#include "releases/staging/folder_name.hpp"

#include "releases/apps/digest.hpp"

namespace shoal::releases {
namespace {

// With what a stage adds, it must not have more than the 255 bytes of a file's name.
constexpr std::size_t kLongestFolderName = 200;
constexpr std::size_t kDigestBytes = 16;

void append_escaped(std::string& name, char c) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  name += '%';
  name += kDigits[byte >> 4];
  name += kDigits[byte & 15];
}

/// Returns where the last dot is, if what follows marks a file of the container; else npos.
std::size_t dot_to_escape(std::string_view group) {
  for (const std::string_view end : {".json", ".new", ".unreadable"}) {
    if (group.ends_with(end)) return group.size() - end.size();
  }
  return std::string_view::npos;
}

}  // namespace

std::string folder_name_of(std::string_view group) {
  if (group.empty()) return "%";
  const std::size_t dot = dot_to_escape(group);
  std::string name;
  for (std::size_t at = 0; at < group.size(); ++at) {
    const char c = group[at];
    const auto byte = static_cast<unsigned char>(c);
    const bool unsafe = c == '/' || c == '%' || byte < 0x20 || byte == 0x7f;
    if (unsafe || at == dot || (at == 0 && c == '.')) {
      append_escaped(name, c);
    } else {
      name += c;
    }
  }
  if (name.size() <= kLongestFolderName) return name;
  Digest digest;
  digest.add(group);
  name.resize(kLongestFolderName - 2 * kDigestBytes - 2);
  return name + "%-" + digest.hex(kDigestBytes);
}

}  // namespace shoal::releases
