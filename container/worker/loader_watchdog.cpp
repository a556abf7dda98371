#include "worker/loader_watchdog.hpp"

#include <spdlog/spdlog.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <sstream>
#include <utility>

#include "crash/activity.hpp"
#include "crash/stack_of.hpp"

namespace shoal::worker {
namespace {

using releases::Step;

constexpr std::chrono::seconds kPatience{20};

// The deployer has a worker replaced that does not begin to open a generation for 10 s. The log is
// to name the destructor before.
constexpr std::chrono::seconds kPatienceAtTheEnd{8};

constexpr std::chrono::seconds kInterval{1};
constexpr std::chrono::milliseconds kStackTimeout{500};

const char* name_of(Step step) {
  if (step == Step::kOpening) return "a static initialiser of ";
  return step == Step::kMaking ? "the constructor of " : "the destructor of ";
}

void note_for_crash_reports(Step step, const generations::Generation& generation,
                            const std::string& module) {
  thread_local crash::Activity activity;
  thread_local std::optional<crash::ActivityScope> doing;
  doing.reset();
  if (step == Step::kNothing) return;
  activity.request = step == Step::kEnding ? "(its end)" : "(its start)";
  activity.module = module;
  activity.group = generation.group();
  activity.generation = generation.label();
  doing.emplace(activity);
}

}  // namespace

LoaderWatchdog::LoaderWatchdog(Replace replace)
    : replace_(std::move(replace)), ticker_(kInterval, [this] { check(); }) {}

void LoaderWatchdog::note(Step step, const generations::Generation& generation,
                          const std::string& module) {
  note_for_crash_reports(step, generation, module);
  Call call;
  if (step != Step::kNothing) {
    call = {generation.label() + ": " + name_of(step) + module, Clock::now(), ::gettid(),
            step == Step::kEnding ? kPatienceAtTheEnd : kPatience};
  }
  const base::MutexLock lock(mutex_);
  call_ = std::move(call);
}

void LoaderWatchdog::check() {
  const auto runs_freely_since = runs_freely_.since();
  Call call;
  {
    const base::MutexLock lock(mutex_);
    call = call_;
  }
  if (call.what.empty() || call.since == reported_) return;
  if (Clock::now() - std::max(call.since, runs_freely_since) < call.patience) return;
  reported_ = call.since;
  const std::string why =
      call.what + " has not returned for " + std::to_string(call.patience.count()) + " s";
  spdlog::error("{}; until it returns, no group is reloaded; fix it and drop it again:", why);
  std::istringstream stack(crash::stack_of(call.thread, kStackTimeout));
  for (std::string line; std::getline(stack, line);) spdlog::error("  {}", line);
  if (serving_) return replace_(why);
  ::syscall(SYS_tgkill, ::getpid(), call.thread, SIGABRT);
}

}  // namespace shoal::worker
