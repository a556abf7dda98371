#include "supervisor/crash_log.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <utility>

#include "crash/keep_files.hpp"
#include "crash/symbolizer.hpp"
#include "releases/staging/stage.hpp"

namespace shoal::supervisor {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kLatest = 10;
constexpr std::size_t kShownFrames = 4;
constexpr std::chrono::hours kRecent{1};

void log_report(pid_t id, const crash::Report& report) {
  spdlog::error("worker {}: {}; the report is {}", id, report.summary(),
                report.kept.empty() ? "lost: it could not be written" : report.kept.native());
  for (const auto& line : report.stack) spdlog::error("worker {}: {}", id, line);
}

/// Returns a frame without its number and address, which differ from process to process.
std::string place_of(const std::string& frame) {
  const auto address = frame.find(' ');
  const auto place = address == std::string::npos ? address : frame.find(' ', address + 1);
  return place == std::string::npos ? frame : frame.substr(place + 1);
}

/// Returns the innermost frames. Leaves out those before the module's first frame if there are
/// several, as after abort(): they are the same for every such crash.
std::vector<std::string> top_of(const crash::Report& report) {
  const std::string own = "(" + std::filesystem::path(report.code).filename().native() + "+";
  const auto frame = std::ranges::find_if(report.stack, [&](const auto& line) {
    return !report.code.empty() && line.find(own) != std::string::npos;
  });
  const bool deep = frame != report.stack.end() && frame - report.stack.begin() > 1;
  std::vector<std::string> top;
  for (auto line = deep ? frame : report.stack.begin();
       line != report.stack.end() && top.size() < kShownFrames; ++line) {
    top.push_back(place_of(*line));
  }
  return top;
}

status::Crash crash_of(pid_t id, int signal, const crash::Report& report) {
  const char* const name = ::sigabbrev_np(signal);
  const status::Time now = status::now();
  return {.at = now,
          .first = now,
          .pid = id,
          .signal = std::string("SIG") + (name == nullptr ? "?" : name),
          .request = report.request,
          .module = report.module,
          .generation = report.generation,
          .file = report.kept.native(),
          .stack = top_of(report)};
}

bool is_at_the_same_place(const status::Crash& one, const status::Crash& other) {
  const auto top = [](const status::Crash& crash) {
    return crash.stack.empty() ? std::string() : crash.stack.front();
  };
  return one.signal == other.signal && one.module == other.module && top(one) == top(other);
}

}  // namespace

CrashLog::CrashLog(const std::filesystem::path& run)
    : folder_(run / "crashes"), stages_(run / "stages") {
  for (const pid_t id : crash::unread_reports(folder_)) {
    const auto report = crash::read_report(folder_, id);
    if (report) crash::keep_files(*report, folder_, stages_);
  }
}

CrashLog::Crash CrashLog::add(pid_t id, int signal, const settings::Quarantine& rules) {
  ++number_;
  auto report = crash::read_report(folder_, id).value_or(crash::Report{});
  // A thread that a module has started has no Activity; the path of the code names the generation.
  if (report.generation.empty()) report.generation = releases::label_of_stage(report.code);
  const bool reported = !report.signal_name.empty();
  if (reported) {
    log(id, report);
  } else if (signal != SIGKILL && signal != SIGTERM) {
    spdlog::error("worker {}: its crash report is lost; free disk space in {}", id,
                  folder_.native());
  }
  // Now: the deployer removes a stage that does not serve once no process has it mapped.
  crash::keep_files(report, folder_, stages_);
  add_to_latest(crash_of(id, signal, report));
  return {.generation = report.generation,
          .reported = reported,
          .summary = reported ? report.summary() : "",
          .culprit = count(report, rules)};
}

std::optional<CrashLog::Culprit> CrashLog::count(const crash::Report& report,
                                                 const settings::Quarantine& rules) {
  const std::string& generation = report.generation;
  if (generation.empty()) return std::nullopt;
  const auto now = steady_clock::now();
  auto& deaths = deaths_[generation];
  while (!deaths.empty() && now - deaths.front().at > rules.within) deaths.pop_front();
  const bool repeated =
      !report.id.empty() && std::ranges::find(deaths, report.id, &Death::request) != deaths.end();
  if (!repeated) deaths.push_back({now, report.id});
  if (repeated || deaths.size() < rules.crashes) return std::nullopt;
  deaths_.erase(generation);
  return Culprit{generation.substr(0, generation.rfind('/')), status::number_of(generation),
                 rules.crashes};
}

void CrashLog::add_to_latest(status::Crash crash) {
  const auto now = steady_clock::now();
  while (!recent_.empty() && now - recent_.front() > kRecent) recent_.pop_front();
  recent_.push_back(now);
  const auto known = std::ranges::find_if(
      latest_, [&](const auto& other) { return is_at_the_same_place(crash, other); });
  if (known != latest_.end()) {
    crash.first = known->first;
    crash.count += known->count;
    latest_.erase(known);
  }
  latest_.push_front(std::move(crash));
  if (latest_.size() <= kLatest) return;
  // Removes the place with the fewest crashes, the oldest of several. The newest always stays.
  const auto fewest = std::ranges::min_element(latest_.rbegin(), std::prev(latest_.rend()), {},
                                               &status::Crash::count);
  latest_.erase(std::prev(fewest.base()));
}

std::uint64_t CrashLog::recent() const {
  const auto now = steady_clock::now();
  return static_cast<std::uint64_t>(
      std::ranges::count_if(recent_, [&](const auto at) { return now - at <= kRecent; }));
}

/// Logs the report, at once or when its stack has been looked up.
void CrashLog::log(pid_t id, crash::Report report) {
  if (report.places.empty()) return log_report(id, report);
  // The files are opened now: the deployer removes stages that no process has mapped.
  crash::CodeFiles files;
  std::vector<crash::CodePlace> places;
  for (const auto& [path, address] : report.places) places.push_back(files.place(path, address));
  pending_.push_back(
      {id, std::move(report), std::make_unique<crash::SourceLookup>(crash::symbolizer(), places)});
}

void CrashLog::complete(Pending& pending) {
  crash::add_sources(pending.report, pending.lookup->sources());
  log_report(pending.id, pending.report);
  const std::string& why = pending.lookup->failure();
  if (why.empty() || std::exchange(warned_without_sources_, true)) return;
  spdlog::warn("crash reports are without lines of source: {}", why);
}

std::vector<int> CrashLog::descriptors() const {
  std::vector<int> descriptors;
  for (const auto& pending : pending_) descriptors.push_back(pending.lookup->descriptor());
  return descriptors;
}

steady_clock::time_point CrashLog::deadline() const {
  auto deadline = steady_clock::time_point::max();
  for (const auto& pending : pending_) deadline = std::min(deadline, pending.lookup->deadline());
  return deadline;
}

void CrashLog::conclude() {
  std::erase_if(pending_, [this](Pending& pending) {
    if (!pending.lookup->finished()) return false;
    complete(pending);
    return true;
  });
}

void CrashLog::finish() {
  for (auto& pending : pending_) complete(pending);
  pending_.clear();
}

}  // namespace shoal::supervisor
