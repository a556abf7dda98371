#pragma once

#include <spdlog/common.h>

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.hpp"
#include "crash/stack.hpp"
#include "crash/trace.hpp"

namespace shoal::serving {

/// Logs stacks with the function and the source line of each frame. It has a thread of its own,
/// since looking them up takes longer than a request should wait. Safe to call from any thread.
class StackLog {
 public:
  /// `symbolizer` is the path of the program shoal-symbolize. Where it cannot be run, stacks are
  /// logged without source lines, and a warning once.
  explicit StackLog(std::filesystem::path symbolizer);

  /// Logs the stacks that still wait, without source lines.
  ~StackLog() = default;

  struct Stack {
    std::string heading;  ///< a line before the stack; empty: no such line
    std::vector<crash::Frame> frames;
  };

  /// Queues the stacks to be logged with the id of the request that the calling thread serves.
  /// Afterwards their code may be unmapped and its files removed. A stack that finds the queue full
  /// is left out, and a line says so.
  void log(spdlog::level::level_enum level, std::vector<Stack> stacks);

 private:
  struct Entry {
    spdlog::level::level_enum level;
    std::string request_id;
    std::string heading;
    crash::Trace trace;
  };

  void run(const std::stop_token& stop);
  void write(const Entry& entry, const std::stop_token& stop);
  std::vector<std::string> lines_of(const crash::Trace& trace, const std::stop_token& stop);

  const std::filesystem::path symbolizer_;
  base::Mutex mutex_;
  std::condition_variable_any arrived_;
  std::deque<Entry> entries_ SHOAL_GUARDED_BY(mutex_);
  bool warned_ = false;  // used by the thread alone
  std::jthread thread_;  // last: it uses the members above
};

}  // namespace shoal::serving
