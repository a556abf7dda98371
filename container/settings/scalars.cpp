#include "settings/scalars.hpp"

#include <algorithm>
#include <charconv>

#include "settings/units.hpp"

namespace shoal::settings {
namespace {

ValueError out_of_range(const std::string& text, const std::string& least,
                        const std::string& most) {
  return ValueError(text + " is out of range; write " + least + " to " + most);
}

}  // namespace

std::string Text::operator()(const Value& value) const {
  if (value.text().empty()) throw ValueError("is empty; write a value, or remove the key");
  return value.text();
}

bool Flag::operator()(const Value& value) const {
  if (value.text() == "true") return true;
  if (value.text() == "false") return false;
  throw ValueError(in_quotes(value.text()) + " is neither true nor false; write one of the two");
}

int Whole::operator()(const Value& value) const {
  const std::string& text = value.text();
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) {
    throw ValueError(in_quotes(text) + " is not a whole number; write " + std::to_string(least) +
                     " to " + std::to_string(most));
  }
  if (error != std::errc() || number < least || number > most) {
    throw out_of_range(text, std::to_string(least), std::to_string(most));
  }
  return number;
}

std::chrono::milliseconds Duration::operator()(const Value& value) const {
  const auto duration = parse_duration(value.text());
  if (duration >= least && duration <= most) return duration;
  throw out_of_range(value.text(), to_text(least), to_text(most));
}

std::uint64_t Size::operator()(const Value& value) const {
  const auto size = parse_size(value.text());
  if (size >= least && size <= most) return size;
  throw out_of_range(value.text(), to_text(least), to_text(most));
}

std::filesystem::path Path::operator()(const Value& value) const { return (*this)(value.text()); }

std::filesystem::path Path::operator()(std::string_view text) const {
  if (text.empty()) throw ValueError("is empty; write a path");
  if (std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
    throw ValueError(in_quotes(text) + " has a control character; remove it");
  }
  const auto path = (folder / text).lexically_normal();
  return path.has_filename() ? path : path.parent_path();  // apps/ and apps are one folder
}

}  // namespace shoal::settings
