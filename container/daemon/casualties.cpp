#include "daemon/casualties.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <utility>

#include "crash/read_report.hpp"
#include "modules/stage.hpp"

namespace shoal::daemon {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kLatest = 10;

void log(pid_t id, const crash::Report& report) {
  spdlog::error("worker {}: {}; the report is {}", id, report.summary(),
                report.kept.empty() ? "lost: it cannot be written" : report.kept.native());
  for (const auto& line : report.stack) spdlog::error("worker {}: {}", id, line);
}

}  // namespace

Casualties::Casualties(const std::filesystem::path& run) : folder_(run / "crashes") {
  for (const pid_t id : crash::unread_reports(folder_)) crash::read_report(folder_, id);
}

std::optional<Casualties::Culprit> Casualties::add(pid_t id, int signal,
                                                   const settings::Quarantine& rules) {
  ++number_;
  auto report = crash::read_report(folder_, id).value_or(crash::Report{});
  // A thread that a module has started does nothing that the container knows of.
  if (report.generation.empty()) report.generation = modules::label_of_stage(report.code);
  if (!report.signal_name.empty()) {
    log(id, report);
  } else if (signal != SIGKILL && signal != SIGTERM) {
    spdlog::error("worker {}: its report is lost; see that there is room in {}", id,
                  folder_.native());
  }
  const char* const name = ::sigabbrev_np(signal);
  latest_.push_front({.at = status::now(),
                      .pid = id,
                      .signal = std::string("SIG") + (name == nullptr ? "?" : name),
                      .request = report.request,
                      .module = report.module,
                      .generation = report.generation,
                      .file = report.kept.native()});
  if (latest_.size() > kLatest) latest_.pop_back();
  const std::string& generation = report.generation;
  if (generation.empty()) return std::nullopt;

  const auto now = steady_clock::now();
  Ends& ends = crashes_of_[generation];
  while (!ends.empty() && now - ends.front().at > rules.within) ends.pop_front();
  const bool again =
      !report.id.empty() && std::ranges::find(ends, report.id, &End::request) != ends.end();
  if (!again) ends.push_back({now, report.id});
  if (again || ends.size() < rules.crashes) return std::nullopt;
  crashes_of_.erase(generation);
  return Culprit{generation.substr(0, generation.rfind('/')), status::number_of(generation),
                 rules.crashes};
}

}  // namespace shoal::daemon
