#include "worker/worker_status.hpp"

#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "base/files.hpp"

namespace shoal::worker {
namespace {

status::Time time_of(std::chrono::system_clock::time_point when) {
  return std::chrono::duration<double>(when.time_since_epoch()).count();
}

std::string label_of(const std::string& group, unsigned long number) {
  return group + "/" + std::to_string(number);
}

/// Returns the bytes of memory that the process uses.
std::uint64_t resident() {
  std::istringstream statm(
      base::read_whole(std::filesystem::path("/proc/self/statm")).value_or(""));
  std::uint64_t total = 0, pages = 0;
  statm >> total >> pages;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

/// Returns what this process knows of a group: what it serves, and what lingers. All else is the
/// deployer's.
status::Group group_of(const generations::GroupReport& report) {
  status::Group group;
  group.name = report.group;
  if (report.serving != nullptr) {
    group.generation = report.serving->label();
    group.loaded = time_of(report.serving->loaded_at());
    for (const auto& module : report.serving->staged().modules) {
      group.modules.push_back(
          {module.module, module.path.native(), module.build_id, module.handler});
    }
  }
  for (const auto& [generation, holder] : report.lingering) {
    group.lingering.push_back({label_of(report.group, generation), holder});
  }
  return group;
}

}  // namespace

status::WorkerStatus worker_status(status::Time started, status::Worker::State state,
                                   const generations::Generations& generations,
                                   const fastcgi::Server& server,
                                   const serving::Scoreboard& scoreboard,
                                   const serving::Traffic& traffic) {
  const fastcgi::Server::Load load = server.load();
  status::WorkerStatus report;
  report.worker = {.pid = ::getpid(),
                   .started = started,
                   .state = state,
                   .requests = traffic.requests(),
                   .errors = traffic.errors(),
                   .connections = load.connections,
                   .waiting = load.waiting,
                   .resident = resident(),
                   .answers_cut = load.answers_cut,
                   .last_answer_cut = time_of(load.last_answer_cut),
                   .accept_pauses = load.accept_pauses,
                   .last_accept_pause = time_of(load.last_accept_pause),
                   .most_threads = scoreboard.size(),
                   .threads = scoreboard.threads()};
  for (const auto& group : generations.report()) report.groups.push_back(group_of(group));
  return report;
}

}  // namespace shoal::worker
