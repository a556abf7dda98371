#include "control/journal.hpp"

#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <cstdlib>

namespace shoal::control {

bool standard_error_is_journal() {
  const char* const named = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (named == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return named == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

int priority_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
    case spdlog::level::debug:
      return LOG_DEBUG;
    case spdlog::level::warn:
      return LOG_WARNING;
    case spdlog::level::err:
      return LOG_ERR;
    case spdlog::level::critical:
      return LOG_CRIT;
    default:
      return LOG_INFO;
  }
}

std::string priority_prefix(spdlog::level::level_enum level) {
  return "<" + std::to_string(priority_of(level)) + ">";
}

std::string for_standard_error(spdlog::level::level_enum level, std::string_view text) {
  if (!standard_error_is_journal()) return std::string(text);
  std::string lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end == text.npos ? end : end + 1);
    lines.append(priority_prefix(level)).append(line);
    text.remove_prefix(line.size());
  }
  return lines;
}

}  // namespace shoal::control
