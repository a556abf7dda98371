#include "serving/stack_log.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/current_request.hpp"
#include "base/own_thread.hpp"

namespace shoal::serving {
namespace {

constexpr std::size_t kMostEntries = 16;

// A lookup that runs at the end is given up after at most this time.
constexpr int kPollMilliseconds = 50;

}  // namespace

StackLog::StackLog(std::filesystem::path symbolizer)
    : symbolizer_(std::move(symbolizer)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void StackLog::log(spdlog::level::level_enum level, std::vector<Stack> stacks) {
  const std::string request_id(base::CurrentRequest::id());
  for (auto& [heading, frames] : stacks) {
    {
      const base::MutexLock lock(mutex_);
      if (entries_.size() < kMostEntries) {
        entries_.push_back({level, request_id, heading, crash::Trace(std::move(frames))});
        arrived_.notify_one();
        continue;
      }
    }
    spdlog::log(level, "  a stack is left out: {} other stacks wait to be logged", kMostEntries);
  }
}

void StackLog::run(const std::stop_token& stop) {
  const base::OwnThread own_thread;
  base::MutexLock lock(mutex_);
  const auto has_entry = [this]() SHOAL_REQUIRES(mutex_) { return !entries_.empty(); };
  while (arrived_.wait(lock, stop, has_entry)) {
    const Entry entry = std::move(entries_.front());
    entries_.pop_front();
    lock.unlock();
    write(entry, stop);
    lock.lock();
  }
}

void StackLog::write(const Entry& entry, const std::stop_token& stop) {
  const base::CurrentRequest current(entry.request_id);
  const auto lines = lines_of(entry.trace, stop);
  if (!entry.heading.empty()) spdlog::log(entry.level, "  {}", entry.heading);
  for (const auto& line : lines) spdlog::log(entry.level, "  {}", line);
}

std::vector<std::string> StackLog::lines_of(const crash::Trace& trace,
                                            const std::stop_token& stop) {
  if (stop.stop_requested()) return trace.lines();
  crash::SourceLookup lookup(symbolizer_, trace.places());
  while (!lookup.finished() && !stop.stop_requested()) {
    pollfd watched{lookup.descriptor(), POLLIN, 0};
    ::poll(&watched, 1, kPollMilliseconds);
  }
  if (!lookup.failure().empty() && !std::exchange(warned_, true)) {
    spdlog::warn("stacks are logged without lines of source: {}", lookup.failure());
  }
  return crash::with_sources(trace.lines(), lookup.sources());
}

}  // namespace shoal::serving
