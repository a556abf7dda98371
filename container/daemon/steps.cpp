#include "daemon/steps.hpp"

#include <spdlog/spdlog.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <sstream>
#include <utility>

#include "crash/doing.hpp"
#include "crash/stack_of.hpp"

namespace shoal::daemon {
namespace {

using modules::Step;

constexpr std::chrono::seconds kPatience{20};
constexpr std::chrono::seconds kLook{1};
constexpr std::chrono::milliseconds kStackTimeout{500};

const char* name_of(Step step) {
  if (step == Step::kOpening) return "a static initialiser of ";
  return step == Step::kMaking ? "the constructor of " : "the destructor of ";
}

void note_for_crash_reports(Step step, const modules::Generation& generation,
                            const std::string& module) {
  thread_local crash::Activity activity;
  thread_local std::optional<crash::Doing> doing;
  doing.reset();
  if (step == Step::kNothing) return;
  activity.request = step == Step::kEnding ? "(its end)" : "(its start)";
  activity.module = module;
  activity.group = generation.group();
  activity.generation = generation.label();
  doing.emplace(activity);
}

}  // namespace

Steps::Steps(Replace replace) : replace_(std::move(replace)), ticker_(kLook, [this] { look(); }) {}

void Steps::note(Step step, const modules::Generation& generation, const std::string& module) {
  note_for_crash_reports(step, generation, module);
  Current current;
  if (step != Step::kNothing) {
    current = {generation.label() + ": " + name_of(step) + module, Clock::now(), ::gettid()};
  }
  const std::lock_guard lock(mutex_);
  current_ = std::move(current);
}

void Steps::look() {
  const auto runs_freely_since = runs_freely_.since();
  Current current;
  {
    const std::lock_guard lock(mutex_);
    current = current_;
  }
  if (current.what.empty() || current.since == told_) return;
  if (Clock::now() - std::max(current.since, runs_freely_since) < kPatience) return;
  told_ = current.since;
  const std::string why =
      current.what + " has not returned for " + std::to_string(kPatience.count()) + " s";
  spdlog::error("{}; meanwhile no group is reloaded; mend it, and drop it again:", why);
  std::istringstream stack(crash::stack_of(current.thread, kStackTimeout));
  for (std::string line; std::getline(stack, line);) spdlog::error("  {}", line);
  if (serving_) return replace_(why);
  ::syscall(SYS_tgkill, ::getpid(), current.thread, SIGABRT);
}

}  // namespace shoal::daemon
