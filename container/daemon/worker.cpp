#include "daemon/worker.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "crash/doing.hpp"
#include "crash/report.hpp"
#include "daemon/assemble.hpp"
#include "daemon/check.hpp"
#include "daemon/control.hpp"
#include "daemon/log.hpp"
#include "daemon/probe.hpp"
#include "daemon/worker_report.hpp"
#include "serving/line.hpp"
#include "serving/scoreboard.hpp"
#include "serving/status_page.hpp"
#include "serving/timekeeper.hpp"
#include "serving/traffic.hpp"
#include "serving/worker_pool.hpp"
#include "shoal/host/own_thread.hpp"
#include "shoal/host/signal_stack.hpp"
#include "state/store.hpp"
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
  for (const auto& name : names_of_nothing(settings, modules)) spdlog::warn("{}", name);
  spdlog::info("watching {} by {}", settings.apps.native(), registry.watching());
}

/// For reports of crashes: which module's code the loader thread runs.
void note_step(modules::Step step, const modules::Generation& generation,
               const std::string& module) {
  thread_local crash::Activity activity;
  thread_local std::optional<crash::Doing> doing;
  doing.reset();
  if (step == modules::Step::kNothing) return;
  activity.request = step == modules::Step::kEnding ? "(its end)" : "(its start)";
  activity.module = module;
  activity.group = generation.group();
  activity.generation = generation.label();
  doing.emplace(activity);
}

/// How other threads have the main thread tell the supervisor that this process is worn out.
class Wish {
 public:
  Wish() : asked_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!asked_) throw std::system_error(errno, std::generic_category(), "eventfd");
  }

  /// Safe to call from any thread.
  void be_replaced(const std::string& why) {
    const std::lock_guard lock(mutex_);
    why_ = why;
    ::eventfd_write(asked_.get(), 1);
  }

  int descriptor() const { return asked_.get(); }

  void tell(Link& supervisor) {
    eventfd_t times = 0;
    if (::eventfd_read(asked_.get(), &times) != 0) return;
    const std::lock_guard lock(mutex_);
    supervisor.send({{"say", words::kReplace}, {"why", why_}});
  }

 private:
  const host::Descriptor asked_;
  std::mutex mutex_;
  std::string why_;  // guarded by mutex_
};

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

/// All that serves in this process, from the bottom up.
class Served {
 public:
  Served(const settings::Settings& settings, std::vector<fastcgi::Listener> listeners,
         std::shared_ptr<const fastcgi::Handover> handover, bool speaks)
      : settings_(settings),
        store_(options_of(settings.state)),
        ledger_(settings.run),
        registry_(settings.apps, settings.run, ledger_, grouping_of(settings.groups),
                  rules_of(settings.sweep), surroundings(), probe()),
        router_(routes_of(settings)),
        poller_((say_what_is_served(settings, registry_,
                                    speaks ? spdlog::level::info : spdlog::level::debug),
                 std::move(listeners)),
                limits_of(settings.limits), std::move(handover)),
        scoreboard_(settings.workers.threads),
        line_({registry_, router_, traffic_, status_page_ ? &*status_page_ : nullptr,
               access_log_ ? &*access_log_ : nullptr, settings.expose}),
        timekeeper_(scoreboard_, settings.log.slow,
                    [this](const std::string& why) { wish_.be_replaced(why); }),
        workers_(
            poller_, scoreboard_,
            [this](fastcgi::Connection& connection, serving::Seat& seat) {
              return serve(connection, seat);
            },
            settings.workers.queue,
            [this](fastcgi::Connection& connection) { return line_.turn_away(connection); }) {}

  /// Does what the supervisor says, until that is to end.
  void follow(Link& supervisor) {
    while (!supervisor.closed()) {
      std::array<pollfd, 2> watched{
          {{supervisor.descriptor(), POLLIN, 0}, {wish_.descriptor(), POLLIN, 0}}};
      ::poll(watched.data(), watched.size(), /*forever*/ -1);
      wish_.tell(supervisor);
      for (const auto& message : supervisor.receive()) {
        if (!heed(supervisor, message)) return;
      }
    }
    spdlog::error("the supervisor is gone; finishing what runs");
  }

  /// Finishes what runs. Leaves the process when that takes longer than workers.grace.
  void finish(Link& supervisor) {
    const auto deadline = std::chrono::steady_clock::now() + settings_.workers.grace;
    draining_ = true;
    hands_over_ ? poller_.hand_over() : poller_.stop();
    const bool finished = workers_.finish_within(settings_.workers.grace);
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

 private:
  modules::Surroundings surroundings() const {
    return {settings_.modules, [this](const std::string& group) { return store_.of(group); }, false,
            note_step};
  }

  std::optional<modules::Probe> probe() const {
    if (!settings_.sweep.probe) return std::nullopt;
    return probe_of(settings_.state);
  }

  std::optional<serving::StatusPage> make_status_page() const {
    if (!settings_.status) return std::nullopt;
    return serving::StatusPage(
        settings_.status->route, settings_.status->allow, [run = settings_.run] {
          return ask_container(run, {{"ask", "status"}}).at("overview").get<status::Overview>();
        });
  }

  bool serve(fastcgi::Connection& connection, serving::Seat& seat) {
    const bool kept = line_.serve(connection, seat);
    const auto most = settings_.workers.max_requests;
    if (most != 0 && ++served_ == most) wish_.be_replaced("workers.max_requests");
    return kept;
  }

  void report(Link& supervisor, unsigned inquiry) const {
    using State = status::Worker::State;
    supervisor.send(
        {{"say", words::kReport},
         {"inquiry", inquiry},
         {"report", worker_report(started_, draining_ ? State::kDraining : State::kServing,
                                  registry_, poller_, scoreboard_, traffic_)}});
  }

  /// False when this is to end.
  bool heed(Link& supervisor, const nlohmann::json& message) {
    const std::string said = message.value("say", "");
    if (said == words::kDrain) hands_over_ = message.value("hand_over", false);
    if (said == words::kDrain) return false;
    if (said == words::kReopen) reopen_log();
    if (said == words::kReconsider) registry_.reconsider(message.value("group", ""));
    if (said == words::kReport) report(supervisor, message.value("inquiry", 0u));
    return true;
  }

  const settings::Settings& settings_;
  const status::Time started_ = status::now();
  Wish wish_;
  std::atomic<std::uint64_t> served_{0};
  bool hands_over_ = false;  // of the main thread
  bool draining_ = false;    // the same
  serving::Traffic traffic_;
  const std::optional<serving::AccessLog> access_log_ = access_log_of(settings_.log);
  const std::optional<serving::StatusPage> status_page_ = make_status_page();
  const state::Store store_;
  modules::Ledger ledger_;
  modules::Registry registry_;
  const serving::Router router_;
  fastcgi::Poller poller_;
  serving::Scoreboard scoreboard_;
  const serving::Line line_;
  const serving::Timekeeper timekeeper_;
  serving::WorkerPool workers_;
};

}  // namespace

int work(const settings::Settings& settings, std::vector<fastcgi::Listener> listeners,
         std::shared_ptr<const fastcgi::Handover> handover, Link supervisor, bool speaks) {
  const host::OwnThread own_thread;
  const host::SignalStack signal_stack;
  try {
    // A new configuration may have another, of which the supervisor waits to hear.
    open_log(settings.log);
    crash::install(settings.run / "crashes", settings.run / "stages");
    Served served(settings, std::move(listeners), std::move(handover), speaks);
    supervisor.send({{"say", words::kReady}});
    served.follow(supervisor);
    served.finish(supervisor);
    return 0;
  } catch (const std::exception& error) {
    supervisor.send({{"say", words::kFailed}, {"why", error.what()}});
    return 1;
  }
}

}  // namespace shoal::daemon
