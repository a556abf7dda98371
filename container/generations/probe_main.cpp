// The process of the probe, and those of the trials. Whatever happens here, the container goes on.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
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

// --- the process of a trial

/// Makes it a process with nothing but its own request, report and output.
void become_a_trial(const wire::Order::Descriptors& own, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it has gone before that line
  // The numbers ascend, and are above that of the socket: no copy replaces one that is still to be
  // copied.
  const auto [request, report, output] = own;
  ::dup2(request, wire::kRequest);
  ::dup2(report, wire::kReport);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::closefrom(wire::kReport + 1);
}

[[noreturn]] void make_the_trial(const States& states) {
  try {
    const Trial trial = releases::trial_of(base::read_whole(wire::kRequest).value_or(""));
    set_bounds(trial.current ? 2 : 1);
    try_out(trial, states);
  } catch (const std::exception& error) {
    say({{"error", error.what()}});
  }
  // Not exit(): what a module left for the end of the process is none of our business.
  ::_exit(0);
}

// --- the process of the probe: see probe_wire.hpp

/// Waits for an order. Returns nullopt when there will be no other one.
std::optional<wire::Order::Descriptors> next_order() {
  wire::Order order;
  ssize_t size = 0;
  while ((size = ::recvmsg(wire::kOrders, &order.head, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
  }
  wire::Order::Descriptors own;
  const cmsghdr* const rights = CMSG_FIRSTHDR(&order.head);
  if (size != 1 || rights == nullptr || rights->cmsg_len != CMSG_LEN(sizeof own)) {
    return std::nullopt;
  }
  std::memcpy(own.data(), CMSG_DATA(rights), sizeof own);
  return own;
}

/// Had the other side gone, next_order() notices.
template <typename Answer>
void answer(const Answer& all) {
  ::send(wire::kOrders, &all, sizeof all, MSG_NOSIGNAL);
}

/// Waits for the end of the process of a trial, kills what it has left, and says how it ended.
void watch(pid_t trial) {
  ::setpgid(trial, trial);  // it does so, too: whichever is first
  answer(wire::Begun{.trial = trial});
  siginfo_t ignored;
  while (::waitid(P_PID, static_cast<id_t>(trial), &ignored, WEXITED | WNOWAIT) != 0 &&
         errno == EINTR) {
  }
  ::kill(-trial, SIGKILL);  // before it is reaped: until then no other group has its number
  int status = 0;
  rusage used{};
  while (::wait4(trial, &status, 0, &used) < 0 && errno == EINTR) {
  }
  answer(
      wire::Ended{.status = status,
                  .processor = static_cast<unsigned>(used.ru_utime.tv_sec + used.ru_stime.tv_sec)});
}

}  // namespace

int probe_main(const States& states) {
  // It goes with the thread that uses it. Had that gone before this line, there is no order.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const pid_t self = ::getpid();
  while (const auto order = next_order()) {
    const pid_t trial = ::fork();
    if (trial == 0) {
      become_a_trial(*order, self);
      make_the_trial(states);
    }
    const int error = errno;
    for (const int descriptor : *order) ::close(descriptor);
    if (trial < 0) {
      answer(wire::Begun{.trial = -1, .error = error});
    } else {
      watch(trial);
    }
  }
  return 0;
}

}  // namespace shoal::generations
