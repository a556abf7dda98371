#pragma once

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/sink.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/descriptor.hpp"
#include "base/mutex.hpp"

// Sinks of spdlog that several processes share: the supervisor opens them and forks, and each
// process writes with its own copy. That is safe because the supervisor has one thread.
namespace shoal::control {

/// A file, or standard error. Each line is one write(2) at the end of the file, so that lines of
/// several processes do not mix; spdlog's own sinks write through stdio, which splits long lines.
/// Throws spdlog::spdlog_ex for a line that cannot be written.
class DescriptorSink final : public spdlog::sinks::base_sink<base::Mutex> {
 public:
  /// Creates the file, if it is absent, with mode 0640, since lines have data of visitors. Throws
  /// spdlog::spdlog_ex.
  explicit DescriptorSink(std::string file);

  /// Writes to descriptor 2, whatever that is at the time.
  DescriptorSink();

  /// Opens the file again, by its name. Returns false for standard error. Throws spdlog::spdlog_ex,
  /// and keeps the old file, when that fails.
  bool reopen();

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override SHOAL_REQUIRES(mutex_);
  void flush_() override {}

 private:
  void write_line(std::string_view line) SHOAL_REQUIRES(mutex_);

  const std::string file_;                                // empty: standard error
  base::Descriptor descriptor_ SHOAL_GUARDED_BY(mutex_);  // the mutex is that of base_sink
  bool torn_ SHOAL_GUARDED_BY(mutex_) = false;            // the last line was written only in part
};

/// Writes to syslog(3). spdlog's own sink allows a process only one tag.
class SyslogSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit SyslogSink(std::string tag) : tag_(std::move(tag)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  const std::string tag_;
};

/// Stands before every target, file or journal, so that all lines get the same treatment:
///
/// - Control characters and bytes that are not UTF-8 become \xNN. Lines that are too long are cut
///   between two characters, and end with the number of bytes left out.
/// - If `ids` is kShown, a line that is logged for a request begins with the request's id in
///   brackets.
/// - A target that fails, as on a full disk, never throws into the code that logs. Standard error
///   gets one line when writing fails, and one when it works again, with the number of lost lines.
///
/// Safe to use from any thread.
class CleanSink final : public spdlog::sinks::sink {
 public:
  enum class Ids { kNone, kShown };

  /// The longest line in bytes, without its prefix. The first is for access logs, whose values have
  /// bounds of their own; the second for error logs, which have text of modules and visitors.
  static constexpr std::size_t kLongest = 256 * 1024;
  static constexpr std::size_t kLongestError = 4 * 1024;

  /// `name` names the target on standard error: `log.file: /var/log/shoal/shoal.log`.
  CleanSink(spdlog::sink_ptr target, const std::string& name, Ids ids,
            std::size_t longest = kLongest);

  const spdlog::sink_ptr& target() const { return target_; }

  void log(const spdlog::details::log_msg& message) override;
  void flush() override { target_->flush(); }
  void set_pattern(const std::string& pattern) override { target_->set_pattern(pattern); }
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override {
    target_->set_formatter(std::move(formatter));
  }

 private:
  void count_lost(const char* why);

  const spdlog::sink_ptr target_;
  const std::string warning_;  // the beginning of its lines on standard error
  const Ids ids_;
  const std::size_t longest_;
  std::atomic<std::uint64_t> lost_{0};  // lines, since the last one that was written
};

}  // namespace shoal::control
