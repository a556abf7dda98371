#include <cmath>

#include "status/json.hpp"
#include "status/json_reader.hpp"

namespace shoal::status {
namespace {

using std::chrono::nanoseconds;

/// Limits the duration to what nanoseconds can hold, and to 0.
nanoseconds duration_of(double seconds) {
  constexpr double kCentury = 3.0e9;
  return nanoseconds(std::llround(std::clamp(seconds, 0.0, kCentury) * 1e9));
}

Thread thread_of(const JsonReader& from) {
  return {.number = from.count<int>("number"),
          .state = from.one_of<Thread::State>("doing"),
          .since = from.number("since"),
          .request = from.text("request"),
          .id = from.text("id"),
          .module = from.text("module"),
          .generation = from.text("generation")};
}

Module module_of(const JsonReader& from) {
  return {.name = from.text("name"),
          .file = from.text("file"),
          .build_id = from.text("build_id"),
          .handler = from.flag("handler")};
}

Lingering lingering_of(const JsonReader& from) {
  return {.generation = from.text("generation"),
          .holder = from.text("holder"),
          .processes = from.count<unsigned>("processes")};
}

Quarantine quarantine_of(const JsonReader& from) {
  return {.generation = from.text("generation"),
          .crashes = from.count<unsigned>("crashes"),
          .since = from.number("since"),
          .serving = from.text("serving")};
}

Serving serving_of(const JsonReader& from) {
  return {.pid = from.count<int>("pid"), .generation = from.text("generation")};
}

Deployment deployment_of(const JsonReader& from) {
  return {.at = from.number("at"),
          .verdict = from.one_of<Verdict>("verdict"),
          .by = from.text("by"),
          .release = from.count("release"),
          .generation = from.text("generation"),
          .reason = from.text("reason"),
          .took = from.number("took")};
}

Deployer deployer_of(const JsonReader& from) {
  return {.pid = from.count<int>("pid"),
          .started = from.number("started"),
          .watching = from.text("watching"),
          .unreadable = from.text("unreadable"),
          .heard = from.number("heard"),
          .answers = from.flag("answers"),
          .state = from.one_of<Deployer::State>("state"),
          .since = from.number("since")};
}

Crash crash_of(const JsonReader& from) {
  return {.at = from.number("at"),
          .first = from.number("first"),
          .count = from.count("count"),
          .pid = from.count<int>("pid"),
          .signal = from.text("signal"),
          .request = from.text("request"),
          .module = from.text("module"),
          .generation = from.text("generation"),
          .file = from.text("file"),
          .stack = from.texts("stack")};
}

Reloads reloads_of(const JsonReader& from) {
  return {.count = from.count("count"),
          .refused = from.count("refused"),
          .last = from.number("last"),
          .refused_at = from.number("refused_at"),
          .errors = from.texts("errors")};
}

Histogram latency_of(const JsonReader& from) {
  Histogram latency;
  from.list("buckets", [&](const JsonReader& bucket) {
    const std::size_t index = bucket.has("le")
                                  ? Histogram::bucket_of(duration_of(bucket.number("le")))
                                  : Histogram::kBounds;
    latency.add(index, bucket.count("count"), nanoseconds(0));
    return index;
  });
  latency.add(0, 0, duration_of(from.number("sum")));
  return latency;
}

Group group_of(const JsonReader& from) {
  Group group{.name = from.text("name"),
              .swept = from.flag("swept"),
              .state = from.one_of<Group::State>("state"),
              .generation = from.text("generation"),
              .release = from.count("release"),
              .loaded = from.number("loaded"),
              .modules = from.list("modules", module_of),
              .requests = from.count("requests"),
              .errors = from.count("errors"),
              .refusals = from.count("refusals"),
              .generations = from.count("generations"),
              .latency = latency_of(from.object("latency")),
              .refused = std::nullopt,
              .hindrance = std::nullopt,
              .lingering = from.list("lingering", lingering_of),
              .quarantine = std::nullopt,
              .disagree = from.list("disagree", serving_of),
              .drop = std::nullopt,
              .history = from.list("history", deployment_of)};
  if (from.has("hindrance")) {
    const JsonReader hindrance = from.object("hindrance");
    group.hindrance =
        Hindrance{.message = hindrance.text("message"), .since = hindrance.number("since")};
  }
  if (from.has("refused")) {
    const JsonReader refused = from.object("refused");
    group.refused = Refusal{.message = refused.text("message"), .at = refused.number("at")};
  }
  if (from.has("quarantine")) group.quarantine = quarantine_of(from.object("quarantine"));
  if (from.has("drop")) group.drop = deployment_of(from.object("drop"));
  return group;
}

Worker worker_of(const JsonReader& from) {
  return {.pid = from.count<int>("pid"),
          .started = from.number("started"),
          .state = from.one_of<Worker::State>("state"),
          .requests = from.count("requests"),
          .errors = from.count("errors"),
          .connections = from.count("connections"),
          .waiting = from.count("waiting"),
          .resident = from.count("resident"),
          .answers_cut = from.count("answers_cut"),
          .last_answer_cut = from.number("last_answer_cut"),
          .accept_pauses = from.count("accept_pauses"),
          .last_accept_pause = from.number("last_accept_pause"),
          .most_threads = from.count("most_threads"),
          .threads = from.list("threads", thread_of)};
}

}  // namespace

void from_json(const nlohmann::json& json, WorkerStatus& status) {
  const JsonReader from(json, "");
  status = {.worker = worker_of(from), .groups = from.list("groups", group_of)};
}

void from_json(const nlohmann::json& json, DeployerStatus& status) {
  const JsonReader from(json, "");
  status = {.deployer = deployer_of(from), .groups = from.list("groups", group_of)};
}

void from_json(const nlohmann::json& json, Overview& overview) {
  const JsonReader from(json, "");
  overview = {.at = from.number("at"),
              .version = from.text("version"),
              .pid = from.count<int>("pid"),
              .started = from.number("started"),
              .config = from.text("config"),
              .state = from.one_of<Overview::State>("state"),
              .listen = from.texts("listen"),
              .processes_wanted = from.count<unsigned>("processes_wanted"),
              .reloads = reloads_of(from.object("configuration_reloads")),
              .requests = from.count("requests"),
              .errors = from.count("errors"),
              .generations = from.count("generations"),
              .crashed = from.count("crashed"),
              .crashed_recently = from.count("crashed_recently"),
              .crashes = from.list("crashes", crash_of),
              .deployer = std::nullopt,
              .workers = from.list("workers", worker_of),
              .groups = from.list("groups", group_of)};
  if (from.has("deployer")) overview.deployer = deployer_of(from.object("deployer"));
}

}  // namespace shoal::status
