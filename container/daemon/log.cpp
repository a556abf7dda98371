#include "daemon/log.hpp"

#include <spdlog/details/file_helper.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

namespace shoal::daemon {
namespace {

/// spdlog's own file sink cannot be told to open its file again.
class ReopenableSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit ReopenableSink(std::string name) : name_(std::move(name)), file_(open()) {}

  /// Throws spdlog::spdlog_ex, and goes on with the old file, when the new one cannot be opened.
  void reopen() {
    auto file = open();
    const std::lock_guard lock(mutex_);
    file_ = std::move(file);
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    file_->write(line);
  }

  void flush_() override { file_->flush(); }

 private:
  std::unique_ptr<spdlog::details::file_helper> open() const {
    auto file = std::make_unique<spdlog::details::file_helper>();
    file->open(name_);
    return file;
  }

  const std::string name_;
  std::unique_ptr<spdlog::details::file_helper> file_;  // guarded by mutex_ of base_sink
};

spdlog::level::level_enum level_of(settings::Log::Level level) {
  using Level = settings::Log::Level;
  return level == Level::kDebug     ? spdlog::level::debug
         : level == Level::kInfo    ? spdlog::level::info
         : level == Level::kWarning ? spdlog::level::warn
                                    : spdlog::level::err;
}

}  // namespace

void open_log(const settings::Log& log) {
  spdlog::sink_ptr sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  if (log.target.kind == settings::LogTarget::Kind::kFile) try {
      sink = std::make_shared<ReopenableSink>(log.target.path.native());
    } catch (const spdlog::spdlog_ex& error) {
      throw std::runtime_error("log.file: " + std::string(error.what()) +
                               "; allow the container's user to write there");
    }
  auto logger = std::make_shared<spdlog::logger>("shoal", std::move(sink));
  logger->set_level(level_of(log.level));
  logger->set_pattern("%Y-%m-%d %H:%M:%S.%e [%P] %l: %v");
  logger->flush_on(spdlog::level::trace);  // a line that is not written yet helps nobody at 3 a.m.
  spdlog::set_default_logger(std::move(logger));
}

void reopen_log() {
  for (const auto& sink : spdlog::default_logger()->sinks()) {
    auto* file = dynamic_cast<ReopenableSink*>(sink.get());
    if (file == nullptr) continue;
    try {
      file->reopen();
      spdlog::info("log opened again");
    } catch (const spdlog::spdlog_ex& error) {
      spdlog::error("log.file: {}; going on with the old one", error.what());
    }
  }
}

}  // namespace shoal::daemon
