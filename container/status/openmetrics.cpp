#include "status/openmetrics.hpp"

#include <map>

#include "status/enum_names.hpp"
#include "status/exposition.hpp"
#include "status/health.hpp"

namespace shoal::status {
namespace {

using namespace std::chrono_literals;
using Labels = Exposition::Labels;
using std::chrono::nanoseconds;

// Each is one of Histogram::bounds(), so the counts are exact.
constexpr nanoseconds kBuckets[]{100us, 250us, 500us, 1ms, 2500us, 5ms, 10ms, 25ms, 50ms,
                                 100ms, 250ms, 500ms, 1s,  2500ms, 5s,  10s,  25s,  50s};

double seconds(nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

Labels of(const Group& group) { return {{"group", group.name}}; }
Labels of(const Worker& worker) { return {{"pid", std::to_string(worker.pid)}}; }

/// Writes a sample for each of `items`.
template <typename Item, typename Value>
void each(Exposition& out, const std::vector<Item>& items, std::string_view suffix,
          const Value& value) {
  for (const Item& item : items) out.sample(suffix, of(item), value(item));
}

void write_container(Exposition& out, const Overview& overview) {
  out.family("shoal_up", "gauge", "", "1: the container serves. 0: it is stopping.");
  out.sample("", {}, std::uint64_t{overview.state != Overview::State::kStopping});
  out.family("shoal_build", "info", "", "The version of the container.");
  out.sample("_info", {{"version", overview.version}}, std::uint64_t{1});
  out.family("shoal_start_time_seconds", "gauge", "seconds",
             "When the container was started, since 1970.");
  out.sample("", {}, overview.started);
  out.family("shoal_healthy", "gauge", "", "1: nothing is wrong now. 0: see the status page.");
  out.sample("", {}, std::uint64_t{health_of(overview).level == Level::kGood});
  out.family("shoal_requests", "counter", "", "Requests answered.");
  out.sample("_total", {}, overview.requests);
  out.family("shoal_errors", "counter", "", "Requests answered with a status of 500 to 599.");
  out.sample("_total", {}, overview.errors);
  out.family("shoal_crashes", "counter", "", "Worker processes that ended unexpectedly.");
  out.sample("_total", {}, overview.crashed);
  out.family("shoal_generations", "counter", "", "Generations made of all groups.");
  out.sample("_total", {}, overview.generations);
  out.family("shoal_config_reloads", "counter", "", "Reloads of the configuration.");
  out.sample("_total", {{"result", "taken"}}, overview.reloads.count);
  out.sample("_total", {{"result", "refused"}}, overview.reloads.refused);
  out.family("shoal_config_last_reload_successful", "gauge", "",
             "0: the current configuration file was refused.");
  out.sample("", {}, std::uint64_t{overview.reloads.errors.empty()});
}

void write_deployer(Exposition& out, const std::optional<Deployer>& deployer) {
  out.family("shoal_deployer_up", "gauge", "", "1: the deployer answers. 0: no drop is taken up.");
  if (deployer) out.sample("", {}, std::uint64_t{deployer->answers});
  out.family("shoal_apps_readable", "gauge", "",
             "0: the apps folder cannot be read; no drop is taken up.");
  if (deployer) out.sample("", {}, std::uint64_t{deployer->unreadable.empty()});
  out.family("shoal_deployer_start_time_seconds", "gauge", "seconds",
             "When the deployer was started, since 1970.");
  if (deployer) out.sample("", {}, deployer->started);
}

void write_workers(Exposition& out, const Overview& overview) {
  out.family("shoal_workers", "gauge", "", "Worker processes, by state.");
  for (const auto& [state, name] : EnumNames<Worker::State>::kAll) {
    out.sample("", {{"state", std::string(name)}}, workers_in(overview, state));
  }
  out.family("shoal_workers_wanted", "gauge", "", "Worker processes that should serve.");
  out.sample("", {}, std::uint64_t{overview.processes_wanted});
  out.family("shoal_threads", "gauge", "", "Threads that run now in worker processes, by state.");
  for (const auto& [known, name] : EnumNames<Thread::State>::kAll) {
    std::uint64_t threads = 0;
    for (const Worker& worker : overview.workers) {
      for (const Thread& thread : worker.threads) threads += thread.state == known ? 1 : 0;
    }
    out.sample("", {{"doing", std::string(name)}}, threads);
  }
  const auto& workers = overview.workers;
  out.family("shoal_worker_threads_busy", "gauge", "", "Threads of a process that have a request.");
  each(out, workers, "", busy_threads);
  out.family("shoal_worker_threads_limit", "gauge", "",
             "At most so many threads run in a process.");
  each(out, workers, "", [](const Worker& worker) { return worker.most_threads; });
  out.family("shoal_worker_waiting", "gauge", "",
             "Requests of a process that are complete and wait for their turn.");
  each(out, workers, "", [](const Worker& worker) { return worker.waiting; });
  out.family("shoal_worker_connections", "gauge", "", "Open connections of a process.");
  each(out, workers, "", [](const Worker& worker) { return worker.connections; });
  out.family("shoal_worker_resident_memory_bytes", "gauge", "bytes", "Memory of a process.");
  each(out, workers, "", [](const Worker& worker) { return worker.resident; });
  out.family("shoal_worker_answers_cut", "counter", "",
             "Answers that were cut off because the web server did not take them.");
  each(out, workers, "_total", [](const Worker& worker) { return worker.answers_cut; });
  out.family("shoal_worker_accept_pauses", "counter", "",
             "Times that new connections waited because a process had no file descriptor left.");
  each(out, workers, "_total", [](const Worker& worker) { return worker.accept_pauses; });
  out.family("shoal_worker_start_time_seconds", "gauge", "seconds",
             "When a process was started, since 1970.");
  each(out, workers, "", [](const Worker& worker) { return worker.started; });
}

void write_latency(Exposition& out, const Group& group) {
  const Histogram& latency = group.latency;
  for (const nanoseconds bound : kBuckets) {
    out.sample("_bucket", {{"group", group.name}, {"le", metric_number(seconds(bound))}},
               latency.count_up_to(bound));
  }
  out.sample("_bucket", {{"group", group.name}, {"le", "+Inf"}}, latency.count());
  out.sample("_count", of(group), latency.count());
  out.sample("_sum", of(group), seconds(latency.sum()));
}

void write_traffic(Exposition& out, const std::vector<Group>& groups) {
  out.family("shoal_group_requests", "counter", "", "Requests answered by a group.");
  each(out, groups, "_total", [](const Group& group) { return group.requests; });
  out.family("shoal_group_errors", "counter", "",
             "Requests answered by a group with a status of 500 to 599.");
  each(out, groups, "_total", [](const Group& group) { return group.errors; });
  out.family("shoal_group_request_duration_seconds", "histogram", "seconds",
             "How long a group's requests took.");
  for (const Group& group : groups) write_latency(out, group);
}

/// Writes what is known of the groups that had a drop.
void write_drops(Exposition& out, const std::vector<Group>& groups) {
  const auto each_drop = [&](const auto& value) {
    for (const Group& group : groups) {
      if (group.drop) out.sample("", of(group), value(*group.drop));
    }
  };
  out.family("shoal_group_release", "gauge", "",
             "Number of the release that serves; 0: it is not known.");
  each(out, groups, "", [](const Group& group) { return group.release; });
  out.family("shoal_group_deploying", "gauge", "", "1: a drop into the group is not decided yet.");
  each(out, groups, "",
       [](const Group& group) { return std::uint64_t{group.state != Group::State::kCurrent}; });
  out.family("shoal_group_last_drop", "info", "", "The current or last drop, with its verdict.");
  for (const Group& group : groups) {
    if (!group.drop) continue;
    out.sample("_info",
               {{"group", group.name},
                {"release", std::to_string(group.drop->release)},
                {"verdict", std::string(name_of(group.drop->verdict))}},
               std::uint64_t{1});
  }
  out.family("shoal_group_last_drop_time_seconds", "gauge", "seconds",
             "When it was decided, or began, since 1970.");
  each_drop([](const Deployment& drop) { return drop.at; });
  out.family("shoal_group_last_drop_duration_seconds", "gauge", "seconds",
             "Time from the last change of a file to the verdict; 0: it is not known.");
  each_drop([](const Deployment& drop) { return drop.took; });
}

void write_generations(Exposition& out, const std::vector<Group>& groups) {
  out.family("shoal_group_generation", "gauge", "",
             "Number of the generation that serves; 0: nothing is loaded.");
  each(out, groups, "", [](const Group& group) { return number_of(group.generation); });
  out.family("shoal_group_generations", "counter", "", "Generations made of a group.");
  each(out, groups, "_total", [](const Group& group) { return group.generations; });
  out.family("shoal_group_serving", "info", "", "The generation that serves, by name.");
  for (const Group& group : groups) {
    out.sample("_info", {{"group", group.name}, {"generation", group.generation}},
               std::uint64_t{1});
  }
  out.family("shoal_group_loaded_time_seconds", "gauge", "seconds",
             "When that generation was loaded, since 1970.");
  each(out, groups, "", [](const Group& group) { return group.loaded; });
  out.family("shoal_group_generations_served", "gauge", "",
             "Different generations that processes serve now; more than 1 only during a reload.");
  each(out, groups, "", [](const Group& group) {
    std::map<std::string, int> different;
    for (const Serving& serving : group.disagree) ++different[serving.generation];
    return different.empty() ? std::uint64_t{1} : std::uint64_t{different.size()};
  });
  out.family("shoal_group_lingering_generations", "gauge", "",
             "Old generations that are retired and still mapped, of all processes.");
  each(out, groups, "", [](const Group& group) {
    std::uint64_t lingering = 0;
    for (const Lingering& old : group.lingering) lingering += old.processes;
    return lingering;
  });
  out.family("shoal_group_refused_drops", "counter", "", "Drops into a group that were refused.");
  each(out, groups, "_total", [](const Group& group) { return group.refusals; });
  out.family("shoal_group_drop_refused", "gauge", "",
             "1: the files in the apps folder were refused; the previous generation serves.");
  each(out, groups, "",
       [](const Group& group) { return std::uint64_t{group.refused.has_value()}; });
  out.family("shoal_group_drop_waiting", "gauge", "",
             "1: a drop cannot be loaded now, since the machine lacks something: disk space.");
  each(out, groups, "",
       [](const Group& group) { return std::uint64_t{group.hindrance.has_value()}; });
  out.family("shoal_group_quarantined", "gauge", "",
             "1: the newest generation crashed workers and is withdrawn.");
  each(out, groups, "",
       [](const Group& group) { return std::uint64_t{group.quarantine.has_value()}; });
}

}  // namespace

std::string openmetrics(const Overview& overview) {
  Exposition out;
  write_container(out, overview);
  write_deployer(out, overview.deployer);
  write_workers(out, overview);
  write_traffic(out, overview.groups);
  write_generations(out, overview.groups);
  write_drops(out, overview.groups);
  return out.text();
}

}  // namespace shoal::status
