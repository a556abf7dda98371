#include "settings/errors.hpp"

#include <algorithm>

#include "settings/settings.hpp"

namespace shoal::settings {

void Errors::add(Mark mark, std::string_view key, std::string_view text) {
  std::string line = where(mark) + ": ";
  if (!key.empty()) line.append(key).append(": ");
  errors_.push_back({mark, line.append(text)});
}

void Errors::throw_if_any() const {
  if (errors_.empty()) return;
  auto sorted = errors_;
  std::ranges::stable_sort(sorted, {}, &Error::mark);
  std::vector<std::string> texts;
  for (auto& error : sorted) texts.push_back(std::move(error.text));
  throw SettingsError(std::move(texts));
}

std::string Errors::where(Mark mark) const {
  return mark.line == 0 ? file_ : file_ + ":" + std::to_string(mark.line);
}

}  // namespace shoal::settings
