#include "control/line_sinks.hpp"

#include <fcntl.h>
#include <spdlog/common.h>
#include <spdlog/sinks/base_sink-inl.h>  // for a mutex of our own
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/current_request.hpp"
#include "base/mutex.hpp"
#include "base/printable.hpp"
#include "control/journal.hpp"

namespace shoal::control {
namespace {

constexpr mode_t kNotForAll = 0640;

base::Descriptor open_to_append(const std::string& file) {
  base::Descriptor descriptor(
      ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, kNotForAll));
  if (descriptor.get() < 0) throw spdlog::spdlog_ex(file, errno);
  return descriptor;
}

void say_on_standard_error(const std::string& line) {
  static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
}

/// Appends `text`, made printable, up to `most` bytes.
void append_cut(std::string& line, std::string_view text, std::size_t most) {
  const std::size_t end = line.size() + most;
  std::string character;
  while (!text.empty()) {
    const std::size_t size = std::max<std::size_t>(base::size_of_character(text), 1);
    character.clear();
    base::append_printable(character, text.substr(0, size));
    if (line.size() + character.size() > end) break;
    line += character;
    text.remove_prefix(size);
  }
  if (!text.empty()) line += "... (" + std::to_string(text.size()) + " more bytes)";
}

}  // namespace

DescriptorSink::DescriptorSink(std::string file)
    : file_(std::move(file)), descriptor_(open_to_append(file_)) {}

DescriptorSink::DescriptorSink() = default;

bool DescriptorSink::reopen() {
  if (file_.empty()) return false;
  auto descriptor = open_to_append(file_);
  const base::MutexLock lock(mutex_);
  descriptor_ = std::move(descriptor);
  torn_ = false;
  return true;
}

void DescriptorSink::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t line;
  if (torn_) line.push_back('\n');
  formatter_->format(message, line);
  write_line({line.data(), line.size()});
}

void DescriptorSink::write_line(std::string_view line) {
  const int descriptor = file_.empty() ? STDERR_FILENO : descriptor_.get();
  const std::size_t size = line.size();
  while (!line.empty()) {
    const ssize_t written = ::write(descriptor, line.data(), line.size());
    if (written >= 0) {
      line.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      torn_ |= line.size() < size;
      throw spdlog::spdlog_ex(std::generic_category().message(errno));
    }
  }
  torn_ = false;
}

void SyslogSink::sink_it_(const spdlog::details::log_msg& message) {
  static base::Mutex one_tag;  // syslog(3) has one tag per process, and keeps a pointer to it
  spdlog::memory_buf_t line;
  formatter_->format(message, line);
  const base::MutexLock lock(one_tag);
  ::openlog(tag_.c_str(), LOG_PID, LOG_DAEMON);
  ::syslog(priority_of(message.level), "%.*s", static_cast<int>(line.size()), line.data());
}

CleanSink::CleanSink(spdlog::sink_ptr target, const std::string& name, Ids ids, std::size_t longest)
    : target_(std::move(target)),
      warning_(for_standard_error(spdlog::level::warn, "shoal: " + name)),
      ids_(ids),
      longest_(longest) {}

void CleanSink::log(const spdlog::details::log_msg& message) {
  try {
    const std::string_view text(message.payload.data(), message.payload.size());
    std::string line;
    line.reserve(text.size() + 64);
    if (const auto id = base::CurrentRequest::id(); ids_ == Ids::kShown && !id.empty()) {
      line.append("[").append(id).append("] ");
    }
    constexpr std::size_t kMostOfOne = 4;  // bytes that one byte becomes: \xNN
    if (text.size() <= longest_ / kMostOfOne) {
      base::append_printable(line, text);
    } else {
      append_cut(line, text, longest_);
    }
    spdlog::details::log_msg clean(message);
    clean.payload = line;
    target_->log(clean);
  } catch (const std::exception& error) {
    return count_lost(error.what());
  }
  const std::uint64_t lost = lost_.load(std::memory_order_relaxed);
  if (lost == 0 || lost_.exchange(0) == 0) return;
  say_on_standard_error(warning_ + ": writes again; " + std::to_string(lost) +
                        " lines were lost\n");
}

void CleanSink::count_lost(const char* why) {
  if (lost_.fetch_add(1) > 0) return;
  say_on_standard_error(warning_ + ": " + why + "; lines are lost until it can be written\n");
}

}  // namespace shoal::control
