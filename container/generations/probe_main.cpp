// The throw-away process. Whatever happens here, the container goes on.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "base/debugged.hpp"
#include "base/files.hpp"
#include "generations/generation.hpp"
#include "generations/holders.hpp"
#include "generations/probe_main.hpp"
#include "releases/linking/load_error.hpp"
#include "releases/probing/probe_wire.hpp"

namespace shoal::generations {
namespace {

namespace wire = releases::wire;
using releases::LoadError;
using releases::Step;
using releases::Trial;

using nlohmann::json;

void say(const json& line) {
  // What a module has written to what it found open may lack its end.
  const std::string text = "\n" + line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  if (!base::write_whole(wire::kReport, text)) ::_exit(1);
}

void set_bounds(unsigned generations) {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  // A second generation gets its time later; the last second is for what ignores SIGXCPU.
  const rlim_t most = generations * wire::kMostProcessorSeconds + 1;
  const rlimit processor{wire::kMostProcessorSeconds, most};
  ::setrlimit(RLIMIT_CPU, &processor);
  std::ofstream("/proc/self/oom_score_adj") << "1000";
  // Who would end a module that hangs may be killed itself.
  std::signal(SIGALRM, [](int) {
    if (base::being_debugged(::getpid())) {
      ::alarm(2 * wire::kMostSeconds);
      return;
    }
    std::signal(SIGALRM, SIG_DFL);
    ::raise(SIGALRM);
  });
  ::alarm(2 * wire::kMostSeconds);
  // Whoever waits tells what happened; a sanitizer's or a library's own handler would only hide it.
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) std::signal(signal, SIG_DFL);
}

/// The time of the next generation begins.
void renew_time() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = static_cast<rlim_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec + 1);
  rlimit processor{};
  ::getrlimit(RLIMIT_CPU, &processor);
  processor.rlim_cur = std::min(seconds + wire::kMostProcessorSeconds, processor.rlim_max - 1);
  ::setrlimit(RLIMIT_CPU, &processor);
  ::alarm(2 * wire::kMostSeconds);
}

std::string request() {
  std::string text;
  std::array<char, 4096> part;
  for (;;) {
    const ssize_t size = ::read(wire::kRequest, part.data(), part.size());
    if (size <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(size));
  }
}

/// A thread that was asked to end may take a moment.
std::vector<std::string> threads_left_in(const Generation& generation) {
  std::vector<std::string> threads;
  for (int look = 0; look < 20; ++look) {
    threads = threads_in(generation.folder(), generation.opened_at());
    if (threads.empty()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return threads;
}

using At = std::chrono::steady_clock;

/// One of the generations that share the process, as the report names it.
class Guest {
 public:
  /// Opens it. Does not return if that fails: the report says why, and nothing is closed, for that
  /// could only hide the reason.
  Guest(const releases::Staged& staged, bool is_current, const Trial& trial, const States& states)
      : of_(is_current ? "current" : "new"),
        on_step_([this](Step step, const Generation&, const std::string& module) {
          if (step != Step::kNothing) say_step(step, module);
        }) {
    try {
      generation_ =
          std::make_unique<Generation>(staged, Surroundings{trial.configs, states, true, on_step_});
    } catch (const LoadError& error) {
      fail(error.what(), error.module());
    } catch (const std::exception& error) {
      fail(error.what(), {});
    }
    say({{"opened", of_}, {"at", At::now().time_since_epoch().count()}});
  }

  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  /// Returns what it leaves behind when its handlers are destroyed and its libraries
  /// closed.
  json close() {
    generation_->end_handlers(on_step_);
    const auto threads = threads_left_in(*generation_);
    const std::filesystem::path folder = generation_->folder();
    bool unloads = false;
    if (threads.empty()) {
      generation_.reset();
      collect_unused(folder);
      unloads = !still_mapped(folder);
    } else {
      static_cast<void>(generation_.release());  // its code is still running
    }
    return {{"threads", threads}, {"unloads", unloads}};
  }

 private:
  void say_step(Step step, const std::string& module) const {
    say({{"step", static_cast<int>(step)},
         {"module", module},
         {"of", of_},
         {"at", At::now().time_since_epoch().count()}});
  }

  [[noreturn]] void fail(const std::string& why, const std::string& module) const {
    say({{"error", why}, {"module", module}, {"of", of_}});
    ::_exit(0);
  }

  const std::string of_;
  const OnStep on_step_;
  std::unique_ptr<Generation> generation_;
};

/// As a worker does: the new generation is opened beside the one that serves, which is closed then.
void try_out(const Trial& trial, const States& states) {
  std::optional<Guest> current;
  if (trial.current) {
    current.emplace(*trial.current, true, trial, states);
    renew_time();
  }
  Guest next(trial.staged, false, trial, states);
  if (current) current->close();
  say(next.close());
}

/// Waits for the process that does it all, and reports how it ended: see probe_wire.hpp.
[[noreturn]] void watch(pid_t child) {
  int status = 0;
  rusage used{};
  while (::wait4(child, &status, 0, &used) < 0) {
    if (errno != EINTR) ::_exit(1);
  }
  say({{"ended", status}, {"processor", used.ru_utime.tv_sec + used.ru_stime.tv_sec}});
  ::_exit(0);
}

/// Goes on in a child; the caller stays to watch it.
void go_on_in_a_child() {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) {
    say({{"lacks", std::string("cannot start a second process (") + std::strerror(errno) + ")"}});
    ::_exit(0);
  }
  if (child > 0) watch(child);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it has gone before that line
}

}  // namespace

int probe_main(const States& states) {
  // It goes with the thread that waits for it. Had that gone before this line, the request is
  // empty.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const std::string text = request();
  if (text.empty()) ::_exit(0);
  go_on_in_a_child();
  try {
    const Trial trial = releases::trial_of(text);
    set_bounds(trial.current ? 2 : 1);
    try_out(trial, states);
  } catch (const std::exception& error) {
    say({{"error", error.what()}});
  }
  // Not exit(): what a module left for the end of the process is none of our business.
  ::_exit(0);
}

}  // namespace shoal::generations
