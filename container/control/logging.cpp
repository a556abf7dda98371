#include "control/logging.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/systemd_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "control/journal.hpp"
#include "control/line_sinks.hpp"

namespace shoal::control {
namespace {

using Kind = settings::LogTarget::Kind;
using Ids = CleanSink::Ids;

constexpr const char* kErrorLog = "shoal";
constexpr const char* kAccessLog = "shoal-access";  // also the tag in syslog and journal

/// syslog and the journal drop lines without an error while their service does not run.
void warn_if_not_running(const std::string& key, const char* socket) {
  if (::access(socket, W_OK) == 0) return;
  const std::string why = std::strerror(errno);
  std::cerr << for_standard_error(
      spdlog::level::warn,
      "shoal: " + key + ": " + socket + ": " + why + "; lines are lost until that service runs\n");
}

/// `key` is the setting, for errors; `tag` is the program's name in syslog and journal.
spdlog::sink_ptr open_target(const settings::LogTarget& target, const std::string& key,
                             const char* tag) {
  switch (target.kind) {
    case Kind::kStderr:
      break;
    case Kind::kFile:
      try {
        return std::make_shared<DescriptorSink>(target.path.native());
      } catch (const spdlog::spdlog_ex& error) {
        throw std::runtime_error(key + ": " + error.what() +
                                 "; check that the container's user may write there");
      }
    case Kind::kSyslog:
      warn_if_not_running(key, "/dev/log");
      return std::make_shared<SyslogSink>(tag);
    case Kind::kJournald:
      warn_if_not_running(key, "/run/systemd/journal/socket");
      return std::make_shared<spdlog::sinks::systemd_sink_mt>(tag, true);
  }
  return std::make_shared<DescriptorSink>();
}

std::string shown(const settings::LogTarget& target) {
  return target.kind == Kind::kFile     ? target.path.native()
         : target.kind == Kind::kSyslog ? "syslog"
         : target.kind == Kind::kStderr ? "stderr"
                                        : "journald";
}

std::shared_ptr<spdlog::logger> open(const settings::LogTarget& target, const std::string& key,
                                     const char* tag, Ids ids, std::size_t longest) {
  auto clean = std::make_shared<CleanSink>(open_target(target, key, tag),
                                           key + ": " + shown(target), ids, longest);
  return std::make_shared<spdlog::logger>(tag, std::move(clean));
}

/// Returns the pattern of a line. syslog and the journal add time and process themselves.
const char* pattern_for(Kind kind) {
  const bool journal = kind == Kind::kStderr && standard_error_is_journal();
  return journal || kind == Kind::kJournald ? "%v"
         : kind == Kind::kSyslog            ? "%l: %v"
                                            : "%Y-%m-%d %H:%M:%S.%e [%P] %l: %v";
}

/// `%*` in a pattern: the priority prefix that the journal reads from standard error.
class PriorityFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& line) override {
    const std::string prefix = priority_prefix(message.level);
    line.append(prefix.data(), prefix.data() + prefix.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<PriorityFlag>();
  }
};

/// Lines get no line feed where the target adds one.
std::unique_ptr<spdlog::formatter> formatter_for(Kind kind, const std::string& pattern) {
  const bool own_end = kind == Kind::kSyslog || kind == Kind::kJournald;
  const bool prefixed = kind == Kind::kStderr && standard_error_is_journal();
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::local,
                                                               own_end ? "" : "\n");
  formatter->add_flag<PriorityFlag>('*').set_pattern((prefixed ? "%*" : "") + pattern);
  return formatter;
}

spdlog::level::level_enum level_of(settings::Log::Level level) {
  using Level = settings::Log::Level;
  return level == Level::kDebug     ? spdlog::level::debug
         : level == Level::kInfo    ? spdlog::level::info
         : level == Level::kWarning ? spdlog::level::warn
                                    : spdlog::level::err;
}

/// Returns true if the target is a file, which has been opened again.
bool reopen(spdlog::logger& logger, const char* key) {
  const auto* clean = dynamic_cast<CleanSink*>(logger.sinks().front().get());
  if (clean == nullptr) return false;
  auto* target = dynamic_cast<DescriptorSink*>(clean->target().get());
  if (target == nullptr) return false;
  try {
    return target->reopen();
  } catch (const spdlog::spdlog_ex& error) {
    spdlog::error("{}: {}; still writing to the old file", key, error.what());
    return false;
  }
}

}  // namespace

void open_log(const settings::Log& log) {
  static std::optional<settings::Log> opened;
  if (opened == log) return;
  auto logger = open(log.target, "log.file", kErrorLog, Ids::kShown, CleanSink::kLongestError);
  logger->set_level(level_of(log.level));
  logger->set_formatter(formatter_for(log.target.kind, pattern_for(log.target.kind)));

  std::shared_ptr<spdlog::logger> access;
  if (log.access) {
    access =
        open(log.access->target, "log.access.file", kAccessLog, Ids::kNone, CleanSink::kLongest);
    access->set_formatter(formatter_for(log.access->target.kind, "%v"));
  }
  spdlog::set_default_logger(std::move(logger));
  spdlog::drop(kAccessLog);
  if (access != nullptr) spdlog::register_logger(std::move(access));
  opened = log;
}

std::shared_ptr<spdlog::logger> access_logger() { return spdlog::get(kAccessLog); }

void reopen_log() {
  if (reopen(*spdlog::default_logger(), "log.file")) spdlog::info("log file reopened");
  if (const auto access = access_logger()) reopen(*access, "log.access.file");
}

}  // namespace shoal::control
