#include "releases/probing/probe_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <utility>

#include "base/debugged.hpp"
#include "base/failure.hpp"
#include "releases/linking/load_error.hpp"

namespace shoal::releases {
namespace {

using base::Descriptor;
using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) {
  base::fail<Unavailable>({.thing = "the probe",
                           .fact = what,
                           .error = errno,
                           .remedy = "out of file descriptors, processes or memory; will retry"});
}

/// Whether the system lacks something just now. What else keeps a call from working is there to
/// stay: an old kernel, valgrind and some sandboxes do not know pidfd_open.
bool is_a_passing_lack(int error) { return error == EMFILE || error == ENFILE || error == ENOMEM; }

/// The same descriptor above those that the new process gives a meaning to.
Descriptor lifted(Descriptor low) {
  constexpr int kAbove = 10;
  Descriptor high(::fcntl(low.get(), F_DUPFD_CLOEXEC, kAbove));
  if (!high) fail("cannot duplicate a descriptor");
  return high;
}

/// Appends what is there to read, without waiting; keeps the last `most` bytes. Not more than a
/// pipe holds at a time: who writes without end must not keep us from looking at the clock.
void drain(const Descriptor& from, std::string& text, std::size_t most) {
  constexpr int kMostParts = 16;
  std::array<char, 4096> part;
  for (int parts = 0; parts < kMostParts; ++parts) {
    const ssize_t size = ::read(from.get(), part.data(), part.size());
    if (size <= 0) return;
    text.append(part.data(), static_cast<std::size_t>(size));
    if (text.size() > most) text.erase(0, text.size() - most);
  }
}

/// Calls `on_slow` once, when it is time.
class SlowTimer {
 public:
  explicit SlowTimer(const ProbeRules& rules)
      : rules_(rules), at_(Clock::now() + rules.slow_after), told_(!rules.on_slow) {}

  /// Calls it if it is time. Returns for how long to wait until it is looked at again, at most
  /// `most`.
  std::chrono::milliseconds left(std::chrono::milliseconds most) {
    if (told_) return most;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(at_ - Clock::now());
    if (left.count() > 0) return std::min(left, most);
    told_ = true;
    rules_.on_slow();
    return most;
  }

 private:
  const ProbeRules& rules_;
  const Clock::time_point at_;
  bool told_;
};

}  // namespace

ProbeProcess::Stream::Stream() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("cannot make a pipe");
  to_read = Descriptor(ends[0]);
  ::fcntl(to_read.get(), F_SETFL, O_NONBLOCK);
  to_write = lifted(Descriptor(ends[1]));
}

ProbeProcess::ProbeProcess(const std::vector<std::string>& command) {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    fail("cannot make a socket");
  request_ = Descriptor(ends[0]);
  start(command, lifted(Descriptor(ends[1])));
  ended_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, id_, 0)));
  if (!ended_ && is_a_passing_lack(errno)) {
    end();
    fail("cannot watch its process");
  }
}

ProbeProcess::~ProbeProcess() {
  if (id_ > 0) end();
}

void ProbeProcess::start(const std::vector<std::string>& command, const Descriptor& request) {
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  const std::array<std::pair<int, int>, 4> places{{{output_.to_write.get(), STDOUT_FILENO},
                                                   {output_.to_write.get(), STDERR_FILENO},
                                                   {request.get(), wire::kRequest},
                                                   {report_.to_write.get(), wire::kReport}}};
  for (const auto& [from, to] : places) ::posix_spawn_file_actions_adddup2(&files, from, to);
  ::posix_spawn_file_actions_addclosefrom_np(&files, wire::kReport + 1);

  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(
      &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);

  std::vector<char*> words;
  for (const auto& word : command) words.push_back(const_cast<char*>(word.c_str()));  // NOLINT
  words.push_back(nullptr);
  const int error = ::posix_spawn(&id_, words.front(), &files, &attributes, words.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  if (error == 0) return;
  id_ = 0;
  errno = error;
  fail("cannot start its process");
}

bool ProbeProcess::send(const std::string& request) const {
  for (std::size_t done = 0; done < request.size();) {
    const ssize_t size =
        ::send(request_.get(), &request[done], request.size() - done, MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return false;
    done += static_cast<std::size_t>(size);
  }
  return ::shutdown(request_.get(), SHUT_WR) == 0;
}

std::optional<Remains> ProbeProcess::run(const std::string& request, const ProbeRules& rules) {
  if (!send(request)) return std::nullopt;
  constexpr std::size_t kMostOutput = 2'000;
  constexpr std::size_t kMostReport = 1 << 20;
  constexpr std::chrono::milliseconds kLookAtDebugger{1'000}, kLookAtEnd{10};
  const auto step = ended_ ? kLookAtDebugger : kLookAtEnd;
  auto deadline = Clock::now() + rules.limit;
  SlowTimer slow(rules);
  Remains remains;
  bool current_opened = false;
  for (bool ended = false, late = false; !ended && !late && !remains.cancelled;) {
    std::array<pollfd, 4> watched{{{ended_.get(), POLLIN, 0},
                                   {report_.to_read.get(), POLLIN, 0},
                                   {output_.to_read.get(), POLLIN, 0},
                                   {rules.cancel, POLLIN, 0}}};
    if (is_debugged()) deadline = Clock::now() + rules.limit;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    late = left.count() <= 0;
    const auto wait = std::clamp(left, std::chrono::milliseconds(0), slow.left(step));
    ::poll(watched.data(), watched.size(), static_cast<int>(wait.count()));
    ended = ended_ ? watched[0].revents != 0 : has_ended();
    remains.cancelled = !ended && watched[3].revents != 0;
    if (ended || late || remains.cancelled) {
      remains.late = !ended && late;
      remains.status = end();
    }
    drain(report_.to_read, remains.report, kMostReport);
    if (!current_opened && remains.report.find(wire::kCurrentOpened) != std::string::npos) {
      current_opened = true;
      deadline = Clock::now() + rules.limit;
    }
    drain(output_.to_read, remains.output, kMostOutput);
  }
  return remains;
}

bool ProbeProcess::has_ended() const {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
    return errno == ECHILD;  // a module of this process ignores SIGCHLD, or has reaped it
  }
  return info.si_pid == id_;
}

/// The debugger follows the process that runs the modules' code, which is a child of this one: see
/// probe_wire.hpp.
bool ProbeProcess::is_debugged() const {
  if (base::being_debugged(id_)) return true;
  const std::string id = std::to_string(id_);
  std::ifstream children("/proc/" + id + "/task/" + id + "/children");
  for (pid_t child = 0; children >> child;) {
    if (base::being_debugged(child)) return true;
  }
  return false;
}

/// How it ended, as waitpid(2) has it; nullopt when a module of this process has it reaped.
std::optional<int> ProbeProcess::end() {
  int status = 0;
  ::kill(-id_, SIGKILL);
  pid_t reaped = 0;
  while ((reaped = ::waitpid(id_, &status, 0)) < 0 && errno == EINTR) {
  }
  ::kill(-id_, SIGKILL);  // what it has started meanwhile
  const bool known = reaped == std::exchange(id_, 0);
  return known ? std::optional(status) : std::nullopt;
}

}  // namespace shoal::releases
