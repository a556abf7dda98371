#pragma once

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/sink.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/descriptor.hpp"

// Sinks of spdlog that several processes may share: the supervisor opens them and forks, and each
// goes on writing with its own copy. That is safe because it has but one thread when it forks.
namespace shoal::daemon {

/// A file, or standard error. Each line is one write(2), at the end of the file, so that lines of
/// several processes do not mix; spdlog's own sinks write through stdio, which takes long lines
/// apart. What cannot be written throws spdlog::spdlog_ex.
class DescriptorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  /// The file is created with mode 0640 if it is not there: lines tell of visitors. Throws
  /// spdlog::spdlog_ex.
  explicit DescriptorSink(std::string file);

  /// Standard error, whatever it is at the time.
  DescriptorSink();

  /// Opens the file again, by its name; false when this is standard error. Throws
  /// spdlog::spdlog_ex, and goes on with the old one, when that fails.
  bool reopen();

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  void write_whole(std::string_view line);

  const std::string file_;       // empty: standard error
  base::Descriptor descriptor_;  // guarded by mutex_ of base_sink, as is the next
  bool torn_ = false;            // the last line was written in part
};

/// syslog(3). Not spdlog's own, which gives a process but one tag.
class SyslogSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit SyslogSink(std::string tag) : tag_(std::move(tag)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  const std::string tag_;
};

/// What stands before every target, be it file or journal, so that no line can forget it:
///
/// - Control characters become \xNN, and so does what is no UTF-8. Lines that are too long are cut,
///   between two characters, and say how much was left out.
/// - If asked to, what is logged on behalf of a request begins with the request's id in brackets.
/// - A target that fails, as on a full disk, never throws into what is being logged. Standard error
///   says so once, and once more when lines can be written again, with how many were lost.
///
/// Safe to use from any thread.
class CleanSink final : public spdlog::sinks::sink {
 public:
  enum class Ids { kNone, kShown };

  /// Bytes of one line, without what stands before it: room for an access log's longest, whose
  /// values have bounds of their own; and of an error log's, for what modules and visitors send.
  static constexpr std::size_t kLongest = 256 * 1024;
  static constexpr std::size_t kLongestError = 4 * 1024;

  /// `name` is what standard error calls the target: `log.file: /var/log/shoal/shoal.log`.
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
  const std::string warning_;  // what its lines on standard error begin with
  const Ids ids_;
  const std::size_t longest_;
  std::atomic<std::uint64_t> lost_{0};  // lines, since the target last took one
};

}  // namespace shoal::daemon
