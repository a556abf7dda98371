#include "header_lines.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "ascii.hpp"
#include "base/printable.hpp"

namespace shoal {
namespace {

/// Bytes that the headers of most answers need.
constexpr std::size_t kUsualSize = 256;

constexpr std::string_view kCrLf = "\r\n";

/// Which bytes a token may have.
constexpr auto kTokenCharacters = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view(
           "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&'*+-.^_`|~")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

bool is_token_character(char c) { return kTokenCharacters[static_cast<unsigned char>(c)]; }

bool ends_line(char c) { return c == '\r' || c == '\n' || c == '\0'; }

void require_line(std::string_view name, std::string_view value) {
  if (!is_token(name)) {
    throw std::invalid_argument(
        "header \"" + base::printable(name) +
        "\": the name is not a token (RFC 9110); use letters, digits and -");
  }
  if (std::ranges::none_of(value, ends_line)) return;
  throw std::invalid_argument("header \"" + base::printable(name) +
                              "\": the value has CR, LF or NUL; encode it, or refuse the input");
}

/// Returns the first line of `lines`, with its CRLF.
std::string_view first_line(std::string_view lines) {
  return lines.substr(0, std::min(lines.find(kCrLf), lines.size() - kCrLf.size()) + kCrLf.size());
}

std::string_view name_of(std::string_view line) { return line.substr(0, line.find(':')); }

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

void HeaderLines::set(std::string_view name, std::string_view value) {
  require_line(name, value);
  remove(name);
  append(name, value);
}

void HeaderLines::add(std::string_view name, std::string_view value) {
  require_line(name, value);
  append(name, value);
}

void HeaderLines::append(std::string_view name, std::string_view value) {
  if (text_.empty()) text_.reserve(kUsualSize);
  text_ += name;
  text_ += ": ";
  text_ += value;
  text_ += kCrLf;
}

std::optional<std::string_view> find_header(std::string_view lines, std::string_view name) {
  for (std::string_view rest = lines; !rest.empty();) {
    const std::string_view line = first_line(rest);
    if (same_ignoring_case(name_of(line), name)) {
      const std::size_t value = name.size() + 2;
      return line.substr(value, line.size() - value - kCrLf.size());
    }
    rest.remove_prefix(line.size());
  }
  return std::nullopt;
}

void HeaderLines::remove(std::string_view name) {
  for (std::size_t at = 0; at < text_.size();) {
    const std::string_view line = first_line(std::string_view(text_).substr(at));
    if (same_ignoring_case(name_of(line), name)) {
      text_.erase(at, line.size());
    } else {
      at += line.size();
    }
  }
}

void HeaderLines::remove_names_of(std::string_view lines) {
  while (!text_.empty() && lines.size() >= kCrLf.size()) {
    const std::string_view line = first_line(lines);
    remove(name_of(line));
    lines.remove_prefix(line.size());
  }
}

void HeaderLines::remove_about_body() {
  for (const char* name :
       {"Content-Type", "Content-Length", "Content-Encoding", "Content-Disposition",
        "Content-Language", "Content-Location", "Content-Range", "ETag", "Last-Modified"}) {
    remove(name);
  }
}

}  // namespace shoal
