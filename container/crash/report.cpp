#include "crash/report.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <ctime>
#include <string>

#include "base/descriptor.hpp"
#include "base/failure.hpp"
#include "base/private_folder.hpp"
#include "crash/activity.hpp"
#include "crash/escape.hpp"
#include "crash/signal_names.hpp"
#include "crash/stack.hpp"
#include "crash/symbol_names.hpp"
#include "crash/writer.hpp"

namespace shoal::crash {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kLongest = 5;  // seconds, for a whole report

// Set by `install`, then only read.
std::array<char, PATH_MAX> report_path{};
std::array<char, PATH_MAX> stages_folder{};
pid_t installed_in = 0;
// Closed before the report is written: one for the report, one for the files that it reads. A
// process often crashes because it has run out of descriptors.
std::array<int, 2> reserve{-1, -1};

std::atomic<pid_t> reporter{0};  // the thread that writes the report
std::atomic<int> dying_of{0};
std::atomic<int> exit_code{-1};  // of the call of exit() that is the cause; -1: there was no call
Stack stack;                     // of the reporter

/// Ends the process by this signal, as if it had no handler.
[[noreturn]] void die(int signal) noexcept {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  ::sigaction(signal, &action, nullptr);
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, signal);
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
  ::syscall(SYS_tgkill, ::getpid(), ::gettid(), signal);
  ::_exit(128 + signal);  // in case the system forbids tgkill
}

void bound_time() noexcept {
  struct sigaction action {};
  action.sa_handler = [](int) { die(dying_of.load()); };
  ::sigaction(SIGALRM, &action, nullptr);
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGALRM);
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
  ::alarm(kLongest);
}

/// The argument of each step of a report.
struct Crash {
  int signal;
  const siginfo_t* info;
  void* context;
  Writer* out;
};

void line(Writer& out, std::string_view key, std::string_view value) noexcept {
  if (value.empty()) return;
  out.put(key);
  out.put(": ");
  out.printable(value);
  out.put("\n");
}

void line(Writer& out, std::string_view key, std::int64_t number,
          std::string_view name = {}) noexcept {
  out.put(key);
  out.put(": ");
  out.decimal(number);
  if (!name.empty()) out.put(" ");
  out.put(name);
  out.put("\n");
}

/// Writes the signal, its cause, the time and the thread.
void write_signal(void* argument) noexcept {
  const Crash& crash = *static_cast<const Crash*>(argument);
  Writer& out = *crash.out;
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  std::array<char, 17> thread{};
  ::prctl(PR_GET_NAME, thread.data());

  line(out, "signal", crash.signal, name_of_signal(crash.signal));
  line(out, "cause", crash.info->si_code, name_of_cause(crash.signal, crash.info->si_code));
  if (crash.info->si_code > 0) {
    out.put("address: ");
    out.hex(reinterpret_cast<std::uintptr_t>(crash.info->si_addr));
    out.put("\n");
  } else {
    line(out, "sender", crash.info->si_pid);
  }
  if (exit_code >= 0) line(out, "exit", exit_code);
  line(out, "time", now.tv_sec);
  line(out, "pid", ::getpid());
  line(out, "tid", ::gettid());
  line(out, "thread", thread.data());
}

void write_activity(void* argument) noexcept {
  Writer& out = *static_cast<const Crash*>(argument)->out;
  const Activity* const activity = current_activity();
  if (activity == nullptr) return;
  line(out, "id", activity->id.view());
  line(out, "request", activity->request.view());
  line(out, "module", activity->module.view());
  line(out, "group", activity->group.view());
  line(out, "generation", activity->generation.view());
}

/// Writes the module that is probably at fault. It may not be the one that handles the request.
void write_code(void* argument) noexcept {
  Writer& out = *static_cast<const Crash*>(argument)->out;
  const Frame* const frame = first_below(stages_folder.data(), stack);
  if (frame == nullptr) return;
  line(out, "code", path_of(*frame));
  const base::Descriptor file(::open(frame->path.data(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::array<char, 129> buffer{};
  if (file) line(out, "build-id", build_id(file.get(), buffer));
}

void write_stack(void* argument) noexcept {
  Writer& out = *static_cast<const Crash*>(argument)->out;
  out.put("stack:\n");
  for (std::size_t i = 0; i < stack.size; ++i) write_frame(out, i, stack.frames[i]);
}

/// Writes the files of the generation: after the stack, since there may be many of them.
void write_files(void* argument) noexcept {
  Writer& out = *static_cast<const Crash*>(argument)->out;
  const Activity* const activity = current_activity();
  if (activity == nullptr || activity->files == nullptr || *activity->files == '\0') return;
  const std::string_view files(activity->files);
  out.put("files:\n");
  out.put(files);
  if (!files.ends_with('\n')) out.put("\n");
}

/// Writes the path and address of each frame, for shoal-symbolize: the lines of the stack have no
/// paths.
void write_places(void* argument) noexcept {
  Writer& out = *static_cast<const Crash*>(argument)->out;
  out.put("places:\n");
  for (std::size_t i = 0; i < stack.size; ++i) {
    out.hex(place_in_file(stack.frames[i]));
    out.put(" ");
    out.printable(path_of(stack.frames[i]));
    out.put("\n");
  }
}

void write_report(Crash& crash) noexcept {
  for (const int descriptor : reserve) ::close(descriptor);
  // A file of this name is left from an earlier process with the same id.
  ::unlink(report_path.data());
  const base::Descriptor file(
      ::open(report_path.data(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  DescriptorWriter out(file ? file.get() : STDERR_FILENO);
  crash.out = &out;
  out.put("shoal crash report\n");
  guarded(&write_signal, &crash);
  guarded(&write_activity, &crash);
  walk(stack, crash.context);
  guarded(&write_code, &crash);
  guarded(&write_stack, &crash);
  guarded(&write_files, &crash);
  guarded(&write_places, &crash);
  out.put("end\n");
}

void on_crash(int signal, siginfo_t* info, void* context) noexcept {
  // A signal from another process is not a fault of a guarded step.
  if (info->si_code > 0 || info->si_pid == ::getpid()) escape();
  if (::getpid() != installed_in) die(signal);
  const pid_t self = ::gettid();
  pid_t first = 0;
  if (!reporter.compare_exchange_strong(first, self)) {
    if (first == self) die(signal);
    for (;;) ::pause();
  }
  dying_of = signal;
  bound_time();
  allow_faults();
  Crash crash{signal, info, context, nullptr};
  write_report(crash);
  die(signal);
}

/// Makes a crash of a call of exit() by a thread other than the main thread: it would end the
/// requests of all threads. The main thread, which runs no module, ends a worker in this way.
void on_exit_called(int status, void*) noexcept {
  if (::getpid() != installed_in || ::gettid() == installed_in) return;
  exit_code = status & 0xff;
  ::raise(SIGABRT);
}

[[noreturn]] void fail_for(const fs::path& path, int error) {
  base::fail({.thing = path.native(),
              .fact = "crash reports cannot be written there",
              .error = error,
              .remedy = "check that the user running shoal may write there"});
}

void store(const fs::path& path, std::array<char, PATH_MAX>& to) {
  std::string text = fs::absolute(path);
  if (text.ends_with('/')) text.pop_back();
  if (text.size() >= to.size()) fail_for(path, ENAMETOOLONG);
  std::memcpy(to.data(), text.c_str(), text.size() + 1);
}

}  // namespace

void install(const fs::path& folder, const fs::path& stages) {
  base::PrivateFolder::at(folder.parent_path()).folder(folder.filename());
  if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0) fail_for(folder, errno);
  store(folder / (std::to_string(::getpid()) + ".report"), report_path);
  store(stages, stages_folder);
  for (int& descriptor : reserve) {
    if (descriptor < 0) descriptor = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
  if (installed_in != ::getpid()) ::on_exit(&on_exit_called, nullptr);
  installed_in = ::getpid();
  prepare_to_walk();

  struct sigaction action {};
  action.sa_sigaction = &on_crash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigfillset(&action.sa_mask);
  for (const int signal : kCrashes) ::sigaction(signal, &action, nullptr);
}

}  // namespace shoal::crash
