#include "commands/history_table.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/printable.hpp"
#include "control/channel.hpp"

namespace shoal::commands {
namespace {

using nlohmann::json;

constexpr std::size_t kColumns = 7;
constexpr std::size_t kShortBuildId = 8;  // hexadecimal digits
constexpr std::size_t kMostNames = 3;     // of modules in a cell
constexpr std::size_t kMostAttempts = 4;  // below the line of a release

using Row = std::array<std::string, kColumns>;

/// A release, as its lines show it.
struct Lines {
  Row row;
  std::vector<std::string> below{};
};

std::string text_in(const json& object, const char* key) {
  return base::printable(control::text_of(object, key));
}

std::string time_in(const json& object) {
  const auto at = object.find("at");
  if (at == object.end() || !at->is_number()) return "";
  const auto seconds = at->get<std::time_t>();
  std::tm local{};
  std::array<char, 32> text{};
  if (::localtime_r(&seconds, &local) == nullptr) return "";
  return {text.data(), std::strftime(text.data(), text.size(), "%F %T", &local)};
}

/// Returns the first values under `key` of the files, and how many more there are.
std::string of_files(const json& release, const char* key, std::size_t longest) {
  const auto files = release.find("files");
  if (files == release.end() || !files->is_array()) return "";
  std::string text;
  for (std::size_t i = 0; i < files->size() && i < kMostNames; ++i) {
    std::string value = text_in((*files)[i], key).substr(0, longest);
    if (value.empty()) value = "-";
    text.append(text.empty() ? "" : " ").append(value);
  }
  const auto more = files->size() - std::min(files->size(), kMostNames);
  return more == 0 ? text : text + " +" + std::to_string(more);
}

bool serves(const json& release) {
  const auto serving = release.find("serving");
  return serving != release.end() && serving->is_boolean() && serving->get<bool>();
}

/// Returns "live, 13 14, withdrawn": the verdict, the generations made of it, and why it is not
/// tried again.
std::string verdict_in(const json& release) {
  std::string text = text_in(release, "verdict");
  const auto generations = release.find("generations");
  if (generations != release.end() && generations->is_array() && !generations->empty()) {
    text += " as";
    for (const auto& number : *generations) text += " " + base::printable(number.dump());
  }
  const std::string ban = text_in(release, "ban");
  return ban.empty() ? text : text + ", " + ban;
}

/// Returns "2026-11-28 10:00:00  drop by mallory: live as 13".
std::string line_of_attempt(const json& attempt) {
  std::string text =
      time_in(attempt) + "  " + text_in(attempt, "by") + ": " + text_in(attempt, "verdict");
  const unsigned generation = control::number_of(attempt, "generation");
  if (generation != 0) text += " as " + std::to_string(generation);
  const std::string reason = text_in(attempt, "reason");
  return reason.empty() ? text : text + ", " + reason;
}

/// Returns lines for the attempts that the release's own line does not show, the oldest first: of
/// many, the first and the last ones.
std::vector<std::string> other_attempts(const json& release) {
  const auto attempts = release.find("attempts");
  if (attempts == release.end() || !attempts->is_array()) return {};
  std::vector<std::string> lines;
  for (const auto& attempt : *attempts) {
    if (!attempt.is_object() || attempt.value("at", json()) == release.value("at", json()))
      continue;
    lines.push_back(line_of_attempt(attempt));
  }
  if (lines.size() <= kMostAttempts) return lines;
  const auto left_out = lines.size() - kMostAttempts;
  lines.erase(lines.begin() + 1, lines.begin() + 1 + static_cast<std::ptrdiff_t>(left_out));
  lines.insert(lines.begin() + 1, "(" + std::to_string(left_out) + " more with --json)");
  return lines;
}

Lines lines_of(const json& release) {
  Lines lines{
      .row = {text_in(release, "group"),
              std::to_string(control::number_of(release, "number")) + (serves(release) ? " *" : ""),
              time_in(release), text_in(release, "by"),
              of_files(release, "module", std::string::npos),
              of_files(release, "build_id", kShortBuildId), verdict_in(release)}};
  if (!release.is_object()) return lines;
  lines.below = other_attempts(release);
  const std::string reason = text_in(release, "reason");
  if (!reason.empty()) lines.below.insert(lines.below.begin(), reason);
  return lines;
}

/// Appends the cells in columns, two spaces apart, without spaces at the end.
void append(std::string& text, const Row& row, const std::array<std::size_t, kColumns>& widths) {
  std::string line;
  for (std::size_t i = 0; i < kColumns; ++i) {
    line += row[i];
    line.append(widths[i] - std::min(widths[i], row[i].size()) + 2, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  text += line + '\n';
}

}  // namespace

std::string history_table(const json& releases) {
  std::vector<Lines> all{
      {.row = {"GROUP", "RELEASE", "WHEN", "BY", "MODULES", "BUILD-IDS", "VERDICT"}}};
  bool any_serves = false;
  for (const auto& release : releases) {
    all.push_back(lines_of(release));
    any_serves |= serves(release);
  }
  std::array<std::size_t, kColumns> widths{};
  for (const auto& lines : all) {
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], lines.row[i].size());
  }
  std::string text;
  for (const auto& lines : all) {
    append(text, lines.row, widths);
    for (const auto& line : lines.below) text += "    " + line + '\n';
  }
  return any_serves ? text + "* serves now\n" : text;
}

}  // namespace shoal::commands
