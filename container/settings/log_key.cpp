#include "settings/log_key.hpp"

#include "access/format.hpp"
#include "settings/scalars.hpp"
#include "settings/section.hpp"

namespace shoal::settings {
namespace {

using namespace std::chrono_literals;

/// Reads the target of a log.
struct Target {
  std::filesystem::path folder;

  LogTarget operator()(const Value& value) const {
    using enum LogTarget::Kind;
    const std::string& text = value.text();
    if (text == "stderr") return {kStderr, {}};
    if (text == "syslog") return {kSyslog, {}};
    if (text == "journald") return {kJournald, {}};
    if (text == "stdout")
      throw ValueError("stdout is not supported; write stderr, syslog, journald or a path");
    return {kFile, Path{folder}(value)};
  }
};

// The combined format of web servers, and three fields of our own.
constexpr const char* kCombined =
    "%R - %u [%t] \"%m %r%Q%q\" %s %b \"%{HTTP_REFERER}e\" \"%{HTTP_USER_AGENT}e\" %{milli}dms %g "
    "%i";

/// Reads a format. Each problem of the format is an error of its own.
std::string read_format(const Value& value) {
  try {
    access::Format{value.text()};
  } catch (const access::FormatError& error) {
    const auto& errors = error.errors();
    for (std::size_t i = 0; i + 1 < errors.size(); ++i) value.add_error(errors[i]);
    throw ValueError(errors.back());
  }
  return value.text();
}

AccessLog read_access(const Value& value, const std::filesystem::path& folder) {
  AccessLog access{{}, kCombined};
  if (value.is_scalar()) {
    access.target = Target{folder}(value);
    return access;
  }
  Section section(value);
  section.required("file", access.target, Target{folder}, "file: /var/log/shoal/access.log");
  section.optional("format", access.format, read_format);
  section.refuse_others();
  return access;
}

}  // namespace

Log read_log(const Value& value, const std::filesystem::path& folder) {
  using Level = Log::Level;
  const OneOf<Level> level{{{"debug", Level::kDebug},
                            {"info", Level::kInfo},
                            {"warning", Level::kWarning},
                            {"error", Level::kError}}};
  const auto access = [&](const Value& inner) { return read_access(inner, folder); };
  Log log;
  Section section(value);
  section.optional("level", log.level, level);
  section.optional("file", log.target, Target{folder});
  section.optional("slow", log.slow, Duration{1ms, 24h});
  section.optional("access", log.access, access);
  section.refuse_others();
  return log;
}

}  // namespace shoal::settings
