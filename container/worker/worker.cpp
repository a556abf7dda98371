#include "modules/new_line.hpp"
#include "worker/worker.hpp"

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
#include "control/control_socket.hpp"
#include "control/logging.hpp"
#include "control/messages.hpp"
#include "crash/symbolizer.hpp"
#include "status/json.hpp"
#include "worker/from_settings.hpp"
#include "worker/probing.hpp"
#include "worker/unmatched_names.hpp"
#include "worker/worker_status.hpp"

namespace shoal::worker {
namespace {

namespace message = control::message;

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text.append(text.empty() ? "" : " ").append(name);
  return text;
}

void announce(const settings::Settings& settings, const modules::Registry& registry,
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
  // The same in each worker, so one of them logs it.
  if (level != spdlog::level::info) return;
  for (const auto& line : unmatched_names(settings, modules)) spdlog::warn("{}", line);
  spdlog::info("watching {} by {}", settings.apps.native(), registry.watching());
}

/// Has the process exit after `rest`, since a module's destructor may hang. While a debugger is
/// attached, the time begins again.
void exit_within(std::chrono::milliseconds rest) {
  static unsigned seconds = 0;
  seconds = static_cast<unsigned>(
      std::max<long>(1, std::chrono::ceil<std::chrono::seconds>(rest).count()));
  std::signal(SIGALRM, [](int) {
    if (base::being_debugged(::getpid())) {
      ::alarm(seconds);
      return;
    }
    constexpr std::string_view kLine =
        "shoal: modules are still being destroyed after workers.grace; exiting\n";
    static_cast<void>(!::write(STDERR_FILENO, kLine.data(), kLine.size()));
    ::_exit(0);
  });
  ::alarm(seconds);
}

}  // namespace

Worker::Worker(Start start)
    : settings_(start.settings),
      access_log_(access_log_of(settings_.log)),
      status_page_(make_status_page()),
      store_(options_of(settings_.state)),
      loader_watchdog_([this](const std::string& why) { replace_request_.ask(why); }),
      ledger_(settings_.run),
      registry_(settings_.apps, settings_.run, ledger_, grouping_of(settings_.groups),
                rules_of(settings_.sweep), surroundings(), probe(),
                [this] { replace_request_.wake(); }),
      router_(routes_of(settings_)),
      poller_((announce(settings_, registry_,
                        start.announces ? spdlog::level::info : spdlog::level::debug),
               std::move(start.listeners)),
              limits_of(settings_.limits), std::move(start.handover)),
      scoreboard_(settings_.workers.threads),
      stack_log_(crash::symbolizer()),
      exception_log_(stack_log_),
      line_({registry_, router_, traffic_, exception_log_, status_page_ ? &*status_page_ : nullptr,
             access_log_ ? &*access_log_ : nullptr, settings_.expose}),
      request_watchdog_(scoreboard_, stack_log_, settings_.log.slow,
                        [this](const std::string& why) { replace_request_.ask(why); }),
      thread_pool_(
          poller_, scoreboard_,
          [this](fastcgi::Connection& connection, serving::ThreadSlot& slot) {
            return serve(connection, slot);
          },
          settings_.workers.queue,
          [this](fastcgi::Connection& connection) { return line_.turn_away(connection); }) {
  loader_watchdog_.serving();
}

void Worker::follow(control::Channel& supervisor) {
  while (!supervisor.closed()) {
    std::array<pollfd, 2> watched{
        {{supervisor.descriptor(), POLLIN, 0}, {replace_request_.descriptor(), POLLIN, 0}}};
    ::poll(watched.data(), watched.size(), /*forever*/ -1);
    replace_request_.send_to(supervisor);
    send_unserved(supervisor);
    for (const auto& message : supervisor.receive()) {
      if (!handle(supervisor, message)) return;
    }
  }
  spdlog::error("the supervisor is gone; finishing the requests that run");
}

/// Returns false when the worker has to drain.
bool Worker::handle(control::Channel& supervisor, const nlohmann::json& message) {
  const std::string said = control::text_of(message, "say");
  if (said == message::kDrain) {
    hands_over_ = message.value("hand_over", false);
    return false;
  }
  if (said == message::kReopen) control::reopen_log();
  if (said == message::kReconsider) registry_.reconsider(control::text_of(message, "group"));
  if (said == message::kQuery) send_status(supervisor, control::number_of(message, "query"));
  return true;
}

void Worker::send_unserved(control::Channel& supervisor) {
  auto unserved = registry_.unserved();
  if (unserved == sent_unserved_) return;
  sent_unserved_ = std::move(unserved);
  supervisor.send({{"say", message::kUnserved}, {"groups", sent_unserved_}});
}

void Worker::send_status(control::Channel& supervisor, unsigned query) const {
  using State = status::Worker::State;
  const auto state = draining_ ? State::kDraining : State::kServing;
  supervisor.send(
      {{"say", message::kStatus},
       {"query", query},
       {"status", worker_status(started_, state, registry_, poller_, scoreboard_, traffic_)}});
}

void Worker::finish(control::Channel& supervisor) {
  const auto grace = settings_.workers.grace;
  auto deadline = std::chrono::steady_clock::now() + grace;
  draining_ = true;
  hands_over_ ? poller_.hand_over() : poller_.stop();
  bool finished = thread_pool_.finish_within(grace);
  while (!finished && base::being_debugged(::getpid())) {
    deadline = std::chrono::steady_clock::now() + grace;
    finished = thread_pool_.finish_within(grace);
  }
  send_status(supervisor, 0);
  if (!finished) {
    spdlog::warn("requests still run after workers.grace ({} ms); exiting without them",
                 grace.count());
    // Their threads use all members, so nothing may be destroyed. The next start removes the
    // stages.
    std::_Exit(0);
  }
  exit_within(
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()));
}

generations::Surroundings Worker::surroundings() {
  return {settings_.modules, [this](const std::string& group) { return store_.of(group); }, false,
          [this](releases::Step step, const generations::Generation& generation,
                 const std::string& module) { loader_watchdog_.note(step, generation, module); }};
}

std::optional<releases::Probe> Worker::probe() const {
  if (!settings_.sweep.probe) return std::nullopt;
  return probe_of(settings_.state, "fix it and run \"shoal probe\" on it before dropping it again");
}

std::optional<serving::StatusPage> Worker::make_status_page() const {
  if (!settings_.status) return std::nullopt;
  return serving::StatusPage(settings_.status->route, settings_.status->allow,
                             [run = settings_.run] {
                               return control::ask_container(run, {{"ask", "status"}})
                                   .at("overview")
                                   .get<status::Overview>();
                             });
}

bool Worker::serve(fastcgi::Connection& connection, serving::ThreadSlot& slot) {
  const bool kept = line_.serve(connection, slot);
  const auto most = settings_.workers.max_requests;
  if (most != 0 && ++served_ == most) replace_request_.ask("workers.max_requests");
  return kept;
}

}  // namespace shoal::worker
