#include "settings/settings.hpp"

#include <algorithm>

#include "settings/document.hpp"
#include "settings/errors.hpp"
#include "settings/groups_key.hpp"
#include "settings/health_key.hpp"
#include "settings/listen_key.hpp"
#include "settings/log_key.hpp"
#include "settings/modules_key.hpp"
#include "settings/routes_key.hpp"
#include "settings/scalars.hpp"
#include "settings/section.hpp"
#include "settings/status_key.hpp"
#include "settings/units.hpp"

namespace shoal::settings {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint64_t kGiB = 1 << 30;
constexpr std::uint64_t kTiB = kGiB << 10;
constexpr int kMostRequests = 1'000'000'000;

Workers read_workers(const Value& value) {
  Workers workers;
  Section section(value);
  section.optional("processes", workers.processes, Whole{1, 256});
  if (!section.optional("threads", workers.threads, kThreads)) {
    workers.threads = static_cast<unsigned>(kThreads.most);  // no further error for each route
  }
  section.optional("grace", workers.grace, Duration{0s, 1h});
  section.optional("max_requests", workers.max_requests, Whole{1, kMostRequests});
  section.optional("queue", workers.queue, Whole{1, 65'535});
  section.refuse_others();
  return workers;
}

Sweep read_sweep(const Value& value) {
  using Watch = Sweep::Watch;
  const OneOf<Watch> watch{
      {{"auto", Watch::kAuto}, {"inotify", Watch::kInotify}, {"stat", Watch::kStat}}};
  Sweep sweep;
  Section section(value);
  section.optional("watch", sweep.watch, watch);
  section.optional("interval", sweep.interval, Duration{1ms, 1h});
  section.optional("settle", sweep.settle, Duration{0s, 1min});
  section.optional("wait", sweep.wait, Duration{0s, 10min});
  section.optional("probe", sweep.probe, Flag{});
  section.refuse_others();
  return sweep;
}

/// Adds an error, to the key that is given, if the room for all bodies is less than for one.
void require_room_for_a_body(const Limits& limits, const Section& section) {
  if (limits.bodies >= limits.body) return;
  const std::string body = to_text(limits.body);
  const std::string bodies = to_text(limits.bodies);
  if (section.add_error("bodies", bodies + " is less than limits.body, which is " + body +
                                      "; write " + body + " or more, or lower limits.body")) {
    return;
  }
  section.add_error("body", body + " is more than limits.bodies, which is " + bodies +
                                "; add \"bodies: " + body + "\" or more, or lower it");
}

Limits read_limits(const Value& value) {
  Limits limits;
  Section section(value);
  const bool knows_body = section.optional("body", limits.body, Size{0, kTiB});
  section.optional("body_timeout", limits.body_timeout, Duration{1ms, 24h});
  const bool knows_bodies = section.optional("bodies", limits.bodies, Size{0, kTiB});
  if (knows_body && knows_bodies) require_room_for_a_body(limits, section);
  section.optional("read_timeout", limits.read_timeout, Duration{1ms, 24h});
  section.optional("write_timeout", limits.write_timeout, Duration{1ms, 24h});
  section.optional("idle_timeout", limits.idle_timeout, Duration{1ms, 24h});
  section.optional("keep_alive_drain", limits.keep_alive_drain, Size{0, kGiB});
  section.optional("request_timeout", limits.request_timeout, kRequestTimeout);
  section.refuse_others();
  return limits;
}

bool lies_within(const fs::path& path, const fs::path& folder) {
  const auto [inner, outer] = std::ranges::mismatch(path, folder);
  return outer == folder.end();
}

State read_state(const Value& value, const fs::path& folder, const fs::path& apps) {
  using Durability = State::Durability;
  const OneOf<Durability> durability{
      {{"process", Durability::kProcess}, {"machine", Durability::kMachine}}};
  const auto path = [&](const Value& text) {
    const fs::path read = Path{folder}(text);
    if (apps.empty() || !lies_within(read, apps)) return read;
    throw ValueError("is within the apps folder, which is for modules only; choose another folder");
  };
  State state;
  Section section(value);
  section.optional("path", state.path, path);
  section.optional("size", state.size, Size{1 << 20, kTiB});
  section.optional("durability", state.durability, durability);
  section.refuse_others();
  return state;
}

Quarantine read_quarantine(const Value& value) {
  Quarantine quarantine;
  Section section(value);
  section.optional("crashes", quarantine.crashes, Whole{1, 1000});
  section.optional("within", quarantine.within, Duration{1s, 24h});
  section.refuse_others();
  return quarantine;
}

History read_history(const Value& value) {
  History history;
  Section section(value);
  section.optional("keep", history.keep, Whole{2, 1000});
  section.optional("size", history.size, Size{1 << 20, kTiB});
  section.refuse_others();
  return history;
}

Control read_control(const Value& value) {
  Control control;
  Section section(value);
  section.required("group", control.group, Text{}, "group: deploy");
  section.refuse_others();
  return control;
}

void read_all(const Value& root, const fs::path& folder, Settings& settings) {
  const auto listen = [&](const Value& value) { return read_listen(value, folder); };
  const auto routes = [&](const Value& value) {
    return read_routes(value, settings.workers.threads);
  };
  const auto state = [&](const Value& value) { return read_state(value, folder, settings.apps); };
  const auto log = [&](const Value& value) { return read_log(value, folder); };
  const auto health = [&](const Value& value) {
    return read_health(value, folder, settings.listen);
  };
  const auto run = [&](const Value& value) {
    const fs::path path = Path{folder}(value);
    if (settings.apps.empty() || !lies_within(path, settings.apps)) return path;
    throw ValueError(
        "is within the apps folder, where its copies of modules would be loaded as modules; choose "
        "another folder");
  };

  Section section(root);
  section.required("listen", settings.listen, listen, "listen: unix:/run/shoal/shoal.sock");
  section.optional("workers", settings.workers, read_workers);  // before routes, wherever it is
  section.required("apps", settings.apps, Path{folder}, "apps: /usr/lib/shoal/apps");
  section.required("run", settings.run, run, "run: /var/lib/shoal");
  section.optional("groups", settings.groups, read_groups);
  section.optional("sweep", settings.sweep, read_sweep);
  section.required("routes", settings.routes, routes, "routes: { /: hello }");
  section.optional("modules", settings.modules, read_modules);
  section.optional("limits", settings.limits, read_limits);
  section.optional("state", settings.state, state);
  section.optional("quarantine", settings.quarantine, read_quarantine);
  section.optional("history", settings.history, read_history);
  section.optional("control", settings.control, read_control);
  section.optional("expose", settings.expose, Flag{});
  section.optional("status", settings.status, read_status);
  section.optional("health", settings.health, health);
  section.optional("log", settings.log, log);
  section.refuse_others();

  if (settings.state.path.empty()) settings.state.path = settings.run / "state";
}

/// Returns the folder that is the value of `key`; empty if it cannot be read from the file.
fs::path folder_of(const fs::path& file, std::string_view key) {
  fs::path folder;
  Errors errors(file.string());
  if (const auto root = load(file, errors)) {
    root->attempt([&] {
      for (const auto& entry : root->entries()) {
        if (entry.name() == key) folder = Path{fs::absolute(file).parent_path()}(entry);
      }
    });
  }
  return folder;
}

std::string joined_lines(const std::vector<std::string>& errors) {
  std::string text;
  for (const auto& error : errors) text.append(text.empty() ? "" : "\n").append(error);
  return text;
}

}  // namespace

SettingsError::SettingsError(std::vector<std::string> errors)
    : std::runtime_error(joined_lines(errors)), errors_(std::move(errors)) {}

Settings read(const fs::path& file) {
  Settings settings;
  settings.file = fs::absolute(file).lexically_normal();
  Errors errors(file.string());
  if (const auto root = load(file, errors)) {
    root->attempt([&] { read_all(*root, settings.file.parent_path(), settings); });
  }
  errors.throw_if_any();
  return settings;
}

fs::path run_folder_of(const fs::path& file) {
  const fs::path run = folder_of(file, "run");
  return run.empty() ? read(file).run : run;
}

fs::path apps_folder_of(const fs::path& file) {
  const fs::path apps = folder_of(file, "apps");
  return apps.empty() ? read(file).apps : apps;
}

}  // namespace shoal::settings
