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

/// Logs stacks with function and line of source of each frame. A thread of its own does it, since
/// looking them up takes longer than a request should wait. Safe to call from any thread.
class StackLog {
 public:
  /// `symbolizer` is the program shoal-symbolize. Without it stacks have no lines of source, which
  /// is logged once.
  explicit StackLog(std::filesystem::path symbolizer);

  /// Logs what still waits, without lines of source.
  ~StackLog() = default;

  struct Stack {
    std::string heading;  ///< a line before it; empty: none
    std::vector<crash::Frame> frames;
  };

  /// Logs them soon, with the id of the request that the calling thread answers. Their files may be
  /// removed meanwhile, and their code unmapped. When too many wait, they are left out, which is
  /// logged.
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
  bool said_why_without_ = false;  // of the thread alone
  std::jthread thread_;            // last: uses all of the above
};

}  // namespace shoal::serving
