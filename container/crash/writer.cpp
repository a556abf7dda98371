#include "crash/writer.hpp"

#include <array>

#include "base/files.hpp"

namespace shoal::crash {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

void number(Writer& writer, std::uint64_t value, unsigned base) noexcept {
  std::array<char, 20> digits{};  // 2^64 in decimal
  std::size_t at = digits.size();
  do {
    digits[--at] = kDigits[value % base];
    value /= base;
  } while (value != 0);
  writer.put({&digits[at], digits.size() - at});
}

}  // namespace

void Writer::printable(std::string_view text) noexcept {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  while (!text.empty()) {
    std::size_t good = 0;
    while (good < text.size() && !is_control(text[good])) ++good;
    if (good != 0) put(text.substr(0, good));
    if (good == text.size()) return;
    put("?");
    text.remove_prefix(good + 1);
  }
}

void Writer::decimal(std::int64_t value) noexcept {
  if (value < 0) put("-");
  const auto bits = static_cast<std::uint64_t>(value);
  number(*this, value < 0 ? 0 - bits : bits, 10);
}

void Writer::hex(std::uintptr_t value) noexcept {
  put("0x");
  number(*this, value, 16);
}

void DescriptorWriter::put(std::string_view bytes) noexcept {
  base::write_whole(descriptor_, bytes);
}

}  // namespace shoal::crash
