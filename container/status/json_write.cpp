#include "status/enum_names.hpp"
#include "status/health.hpp"
#include "status/json.hpp"

namespace shoal::status {
namespace {

using nlohmann::json;

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

template <typename Item, typename Written>
json list(const std::vector<Item>& items, const Written& written) {
  json array = json::array();
  for (const Item& item : items) array.push_back(written(item));
  return array;
}

json texts(const std::vector<std::string>& lines) { return list(lines, as_utf8); }

json written(const Thread& thread) {
  return {{"number", thread.number},
          {"doing", name_of(thread.state)},
          {"since", thread.since},
          {"request", as_utf8(thread.request)},
          {"id", as_utf8(thread.id)},
          {"module", as_utf8(thread.module)},
          {"generation", as_utf8(thread.generation)}};
}

json written(const Module& module) {
  return {{"name", as_utf8(module.name)},
          {"file", as_utf8(module.file)},
          {"build_id", as_utf8(module.build_id)},
          {"handler", module.handler}};
}

json written(const Lingering& lingering) {
  return {{"generation", as_utf8(lingering.generation)},
          {"holder", as_utf8(lingering.holder)},
          {"processes", lingering.processes}};
}

json written(const Quarantine& quarantine) {
  return {{"generation", as_utf8(quarantine.generation)},
          {"crashes", quarantine.crashes},
          {"since", quarantine.since},
          {"serving", as_utf8(quarantine.serving)}};
}

json written(const Serving& serving) {
  return {{"pid", serving.pid}, {"generation", as_utf8(serving.generation)}};
}

json written(const Deployment& deployment) {
  return {{"at", deployment.at},
          {"verdict", name_of(deployment.verdict)},
          {"by", as_utf8(deployment.by)},
          {"release", deployment.release},
          {"generation", as_utf8(deployment.generation)},
          {"reason", as_utf8(deployment.reason)},
          {"took", deployment.took}};
}

json written(const Deployer& deployer) {
  return {{"pid", deployer.pid},
          {"started", deployer.started},
          {"watching", as_utf8(deployer.watching)},
          {"unreadable", as_utf8(deployer.unreadable)},
          {"heard", deployer.heard},
          {"answers", deployer.answers},
          {"state", name_of(deployer.state)},
          {"since", deployer.since}};
}

json written(const Crash& crash) {
  return {{"at", crash.at},
          {"first", crash.first},
          {"count", crash.count},
          {"pid", crash.pid},
          {"signal", as_utf8(crash.signal)},
          {"request", as_utf8(crash.request)},
          {"module", as_utf8(crash.module)},
          {"generation", as_utf8(crash.generation)},
          {"file", as_utf8(crash.file)},
          {"stack", texts(crash.stack)}};
}

json written(const Finding& finding) {
  return {{"level", name_of(finding.level)}, {"group", as_utf8(finding.group)},
          {"title", as_utf8(finding.title)}, {"detail", as_utf8(finding.detail)},
          {"since", finding.since},          {"past", finding.past}};
}

json written(const Reloads& reloads) {
  return {{"count", reloads.count},
          {"refused", reloads.refused},
          {"last", reloads.last},
          {"refused_at", reloads.refused_at},
          {"errors", texts(reloads.errors)}};
}

/// Writes the buckets that are not empty, each with its upper bound. The last bucket has no upper
/// bound.
json written(const Histogram& latency) {
  json buckets = json::array();
  for (std::size_t i = 0; i <= Histogram::kBounds; ++i) {
    if (latency.count(i) == 0) continue;
    json bucket{{"count", latency.count(i)}};
    if (i < Histogram::kBounds) bucket["le"] = seconds(Histogram::bounds()[i]);
    buckets.push_back(std::move(bucket));
  }
  return {{"count", latency.count()},
          {"sum", seconds(latency.sum())},
          {"p50", seconds(latency.quantile(0.5))},
          {"p99", seconds(latency.quantile(0.99))},
          {"buckets", std::move(buckets)}};
}

json written(const Group& group);
json written(const Worker& worker);

template <typename Item>
json all(const std::vector<Item>& items) {
  return list(items, [](const Item& item) { return written(item); });
}

json written(const Group& group) {
  json object{{"name", as_utf8(group.name)},
              {"swept", group.swept},
              {"state", name_of(group.state)},
              {"generation", as_utf8(group.generation)},
              {"release", group.release},
              {"loaded", group.loaded},
              {"modules", all(group.modules)},
              {"requests", group.requests},
              {"errors", group.errors},
              {"refusals", group.refusals},
              {"generations", group.generations},
              {"latency", written(group.latency)},
              {"lingering", all(group.lingering)},
              {"disagree", all(group.disagree)},
              {"history", all(group.history)}};
  if (group.refused) {
    object["refused"] = {{"message", as_utf8(group.refused->message)}, {"at", group.refused->at}};
  }
  if (group.hindrance) {
    object["hindrance"] = {{"message", as_utf8(group.hindrance->message)},
                           {"since", group.hindrance->since}};
  }
  if (group.quarantine) object["quarantine"] = written(*group.quarantine);
  if (group.drop) object["drop"] = written(*group.drop);
  return object;
}

json written(const Worker& worker) {
  return {{"pid", worker.pid},
          {"started", worker.started},
          {"state", name_of(worker.state)},
          {"requests", worker.requests},
          {"errors", worker.errors},
          {"connections", worker.connections},
          {"waiting", worker.waiting},
          {"resident", worker.resident},
          {"answers_cut", worker.answers_cut},
          {"last_answer_cut", worker.last_answer_cut},
          {"accept_pauses", worker.accept_pauses},
          {"last_accept_pause", worker.last_accept_pause},
          {"most_threads", worker.most_threads},
          {"threads", all(worker.threads)}};
}

}  // namespace

void to_json(json& object, const WorkerStatus& status) {
  object = written(status.worker);
  object["groups"] = all(status.groups);
}

void to_json(json& object, const DeployerStatus& status) {
  object = written(status.deployer);
  object["groups"] = all(status.groups);
}

void to_json(json& object, const Overview& overview) {
  const Health health = health_of(overview);
  object = {{"at", overview.at},
            {"version", as_utf8(overview.version)},
            {"healthy", health.level == Level::kGood},
            {"findings", all(health.findings)},
            {"pid", overview.pid},
            {"started", overview.started},
            {"config", as_utf8(overview.config)},
            {"state", name_of(overview.state)},
            {"listen", texts(overview.listen)},
            {"processes_wanted", overview.processes_wanted},
            {"configuration_reloads", written(overview.reloads)},
            {"requests", overview.requests},
            {"errors", overview.errors},
            {"generations", overview.generations},
            {"crashed", overview.crashed},
            {"crashed_recently", overview.crashed_recently},
            {"crashes", all(overview.crashes)},
            {"workers", all(overview.workers)},
            {"groups", all(overview.groups)}};
  if (overview.deployer) object["deployer"] = written(*overview.deployer);
}

std::string as_utf8(std::string_view text) {
  const json quoted(text);
  return json::parse(quoted.dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace shoal::status
