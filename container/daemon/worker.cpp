#include "daemon/worker.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "daemon/assemble.hpp"
#include "daemon/check.hpp"
#include "daemon/log.hpp"
#include "daemon/probe.hpp"
#include "serving/line.hpp"
#include "serving/worker_pool.hpp"
#include "shoal/host/own_thread.hpp"
#include "state/store.hpp"

namespace shoal::daemon {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text.append(text.empty() ? "" : " ").append(name);
  return text;
}

void say_what_is_served(const settings::Settings& settings, const modules::Registry& registry,
                        spdlog::level::level_enum level) {
  std::vector<std::string> modules;
  for (const auto& group : registry.report()) {
    modules.insert(modules.end(), group.modules.begin(), group.modules.end());
    if (group.label.empty()) {
      spdlog::warn("not serving {}: {}", group.group,
                   group.refusal.empty() ? "still loading" : group.refusal);
    } else {
      spdlog::log(level, "serving {}{}: {}", group.label, group.swept ? "" : " (pinned)",
                  joined(group.modules));
    }
  }
  for (const auto& name : names_of_nothing(settings, modules)) spdlog::warn("{}", name);
  spdlog::info("watching {} by {}", settings.apps.native(), registry.watching());
}

/// Does what the supervisor says, until that is to end.
void follow(Link& supervisor) {
  while (!supervisor.closed()) {
    for (const auto& message : supervisor.wait(std::chrono::hours(1))) {
      const std::string said = message.value("say", "");
      if (said == words::kDrain) return;
      if (said == words::kReopen) reopen_log();
    }
  }
  spdlog::error("the supervisor is gone; finishing what runs");
}

/// Ends the process when what is left to do takes longer than `rest`: a module's destructor may
/// hang.
void leave_within(std::chrono::milliseconds rest) {
  std::signal(SIGALRM, [](int) {
    constexpr std::string_view kLine = "shoal: modules still end after workers.grace; leaving\n";
    static_cast<void>(!::write(STDERR_FILENO, kLine.data(), kLine.size()));
    ::_exit(0);
  });
  ::alarm(static_cast<unsigned>(
      std::max<long>(1, std::chrono::ceil<std::chrono::seconds>(rest).count())));
}

int serve_as_told(const settings::Settings& settings, std::vector<fastcgi::Listener> listeners,
                  Link& supervisor, bool speaks) {
  const state::Store store(options_of(settings.state));
  const modules::Surroundings surroundings{
      settings.modules, [&store](const std::string& group) { return store.of(group); }, false, {}};
  std::optional<modules::Probe> probe;
  if (settings.sweep.probe) probe.emplace(probe_of(settings.state));
  modules::Registry registry(settings.apps, settings.run, grouping_of(settings.groups),
                             rules_of(settings.sweep), surroundings, std::move(probe));
  say_what_is_served(settings, registry, speaks ? spdlog::level::info : spdlog::level::debug);

  const serving::Line line(registry, serving::Router(routes_of(settings.routes)), settings.expose);
  fastcgi::Poller poller(std::move(listeners), limits_of(settings.limits));
  serving::WorkerPool workers(
      poller, settings.workers.threads,
      [&line](fastcgi::Connection& connection) { return line.serve(connection); });
  supervisor.send({{"say", words::kReady}});

  follow(supervisor);
  const auto deadline = std::chrono::steady_clock::now() + settings.workers.grace;
  poller.stop();
  if (!workers.finish_within(settings.workers.grace)) {
    spdlog::warn("requests still run after workers.grace ({} ms); leaving them",
                 settings.workers.grace.count());
    // Their threads use all of the above, so nothing of it may be destroyed. The next start removes
    // the stages.
    std::_Exit(0);
  }
  leave_within(
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()));
  return 0;
}

}  // namespace

int work(const settings::Settings& settings, std::vector<fastcgi::Listener> listeners,
         Link supervisor, bool speaks) {
  const host::OwnThread own_thread;
  std::signal(SIGXFSZ, SIG_IGN);  // a bound on file sizes (LimitFSIZE=) is an error, not the end
  try {
    return serve_as_told(settings, std::move(listeners), supervisor, speaks);
  } catch (const std::exception& error) {
    supervisor.send({{"say", words::kFailed}, {"why", error.what()}});
    return 1;
  }
}

}  // namespace shoal::daemon
