#include "daemon/served.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/debugged.hpp"
#include "daemon/assemble.hpp"
#include "daemon/check.hpp"
#include "daemon/control.hpp"
#include "daemon/log.hpp"
#include "daemon/symbolizer.hpp"
#include "daemon/trial_process.hpp"
#include "daemon/worker.hpp"
#include "daemon/worker_report.hpp"
#include "status/json.hpp"

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
  // The same in each process: one says it for all.
  if (level != spdlog::level::info) return;
  for (const auto& name : names_of_nothing(settings, modules)) spdlog::warn("{}", name);
  spdlog::info("watching {} by {}", settings.apps.native(), registry.watching());
}

/// Ends the process when what is left to do takes longer than `rest`: a module's destructor may
/// hang. While a debugger is attached that is not done.
void leave_within(std::chrono::milliseconds rest) {
  static unsigned seconds = 0;
  seconds = static_cast<unsigned>(
      std::max<long>(1, std::chrono::ceil<std::chrono::seconds>(rest).count()));
  std::signal(SIGALRM, [](int) {
    if (base::being_debugged(::getpid())) {
      ::alarm(seconds);
      return;
    }
    constexpr std::string_view kLine = "shoal: modules still end after workers.grace; leaving\n";
    static_cast<void>(!::write(STDERR_FILENO, kLine.data(), kLine.size()));
    ::_exit(0);
  });
  ::alarm(seconds);
}

}  // namespace

Served::Served(const settings::Settings& settings, std::vector<fastcgi::Listener> listeners,
               std::shared_ptr<const fastcgi::Handover> handover, bool speaks)
    : settings_(settings),
      access_log_(access_log_of(settings.log)),
      status_page_(make_status_page()),
      store_(options_of(settings.state)),
      steps_([this](const std::string& why) { wish_.be_replaced(why); }),
      ledger_(settings.run),
      registry_(settings.apps, settings.run, ledger_, grouping_of(settings.groups),
                rules_of(settings.sweep), surroundings(), probe(), [this] { wish_.wake(); }),
      router_(routes_of(settings)),
      poller_((say_what_is_served(settings, registry_,
                                  speaks ? spdlog::level::info : spdlog::level::debug),
               std::move(listeners)),
              limits_of(settings.limits), std::move(handover)),
      scoreboard_(settings.workers.threads),
      stack_log_(symbolizer()),
      failure_log_(stack_log_),
      line_({registry_, router_, traffic_, failure_log_, status_page_ ? &*status_page_ : nullptr,
             access_log_ ? &*access_log_ : nullptr, settings.expose}),
      timekeeper_(scoreboard_, stack_log_, settings.log.slow,
                  [this](const std::string& why) { wish_.be_replaced(why); }),
      workers_(
          poller_, scoreboard_,
          [this](fastcgi::Connection& connection, serving::Seat& seat) {
            return serve(connection, seat);
          },
          settings.workers.queue,
          [this](fastcgi::Connection& connection) { return line_.turn_away(connection); }) {
  steps_.serving();
}

void Served::follow(Link& supervisor) {
  while (!supervisor.closed()) {
    std::array<pollfd, 2> watched{
        {{supervisor.descriptor(), POLLIN, 0}, {wish_.descriptor(), POLLIN, 0}}};
    ::poll(watched.data(), watched.size(), /*forever*/ -1);
    wish_.tell(supervisor);
    tell_unserved(supervisor);
    for (const auto& message : supervisor.receive()) {
      if (!heed(supervisor, message)) return;
    }
  }
  spdlog::error("the supervisor is gone; finishing what runs");
}

void Served::tell_unserved(Link& supervisor) {
  auto unserved = registry_.unserved();
  if (unserved == told_unserved_) return;
  told_unserved_ = std::move(unserved);
  supervisor.send({{"say", words::kUnserved}, {"groups", told_unserved_}});
}

void Served::finish(Link& supervisor) {
  auto deadline = std::chrono::steady_clock::now() + settings_.workers.grace;
  draining_ = true;
  hands_over_ ? poller_.hand_over() : poller_.stop();
  bool finished = workers_.finish_within(settings_.workers.grace);
  while (!finished && base::being_debugged(::getpid())) {
    deadline = std::chrono::steady_clock::now() + settings_.workers.grace;
    finished = workers_.finish_within(settings_.workers.grace);
  }
  report(supervisor, 0);
  if (!finished) {
    spdlog::warn("requests still run after workers.grace ({} ms); leaving them",
                 settings_.workers.grace.count());
    // Their threads use all of this, so nothing of it may be destroyed. The next start removes
    // the stages.
    std::_Exit(0);
  }
  leave_within(
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()));
}

modules::Surroundings Served::surroundings() {
  return {settings_.modules, [this](const std::string& group) { return store_.of(group); }, false,
          [this](modules::Step step, const modules::Generation& generation,
                 const std::string& module) { steps_.note(step, generation, module); }};
}

std::optional<modules::Probe> Served::probe() const {
  if (!settings_.sweep.probe) return std::nullopt;
  return probe_of(settings_.state,
                  "mend it, and see what \"shoal probe\" says of it before the next drop");
}

std::optional<serving::StatusPage> Served::make_status_page() const {
  if (!settings_.status) return std::nullopt;
  return serving::StatusPage(
      settings_.status->route, settings_.status->allow, [run = settings_.run] {
        return ask_container(run, {{"ask", "status"}}).at("overview").get<status::Overview>();
      });
}

bool Served::serve(fastcgi::Connection& connection, serving::Seat& seat) {
  const bool kept = line_.serve(connection, seat);
  const auto most = settings_.workers.max_requests;
  if (most != 0 && ++served_ == most) wish_.be_replaced("workers.max_requests");
  return kept;
}

void Served::report(Link& supervisor, unsigned inquiry) const {
  using State = status::Worker::State;
  supervisor.send(
      {{"say", words::kReport},
       {"inquiry", inquiry},
       {"report", worker_report(started_, draining_ ? State::kDraining : State::kServing, registry_,
                                poller_, scoreboard_, traffic_)}});
}

/// False when this is to end.
bool Served::heed(Link& supervisor, const nlohmann::json& message) {
  const std::string said = text_of(message, "say");
  if (said == words::kDrain) hands_over_ = message.value("hand_over", false);
  if (said == words::kDrain) return false;
  if (said == words::kReopen) reopen_log();
  if (said == words::kReconsider) registry_.reconsider(text_of(message, "group"));
  if (said == words::kReport) report(supervisor, number_of(message, "inquiry"));
  return true;
}

}  // namespace shoal::daemon
