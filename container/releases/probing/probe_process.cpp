#include "releases/probing/probe_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/debugged.hpp"
#include "base/failure.hpp"
#include "base/files.hpp"
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

/// What the process of a trial writes. Both ends are kept: it cannot end the stream, only itself.
struct Stream {
  Stream() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("cannot make a pipe");
    to_read = Descriptor(ends[0]);
    to_write = Descriptor(ends[1]);
    ::fcntl(to_read.get(), F_SETFL, O_NONBLOCK);
  }
  Descriptor to_read, to_write;
};

/// One answer of the process of the probe; nullopt if that has ended.
template <typename Answer>
std::optional<Answer> answer_from(const Descriptor& socket) {
  Answer answer;
  ssize_t size = 0;
  while ((size = ::recv(socket.get(), &answer, sizeof answer, 0)) < 0 && errno == EINTR) {
  }
  return size == sizeof answer ? std::optional(answer) : std::nullopt;
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

ProbeProcess::~ProbeProcess() {
  if (id_ != 0) end();
}

void ProbeProcess::start() {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    fail("cannot make a socket");
  }
  socket_ = Descriptor(ends[0]);
  // Above those that the new process gives a meaning to.
  const Descriptor low(ends[1]), other(::fcntl(low.get(), F_DUPFD_CLOEXEC, wire::kOrders + 1));
  if (!other) fail("cannot duplicate a descriptor");

  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDWR, 0);
  ::posix_spawn_file_actions_adddup2(&files, STDIN_FILENO, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, STDIN_FILENO, STDERR_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, other.get(), wire::kOrders);
  ::posix_spawn_file_actions_addclosefrom_np(&files, wire::kOrders + 1);

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
  for (const auto& word : command_) words.push_back(const_cast<char*>(word.c_str()));  // NOLINT
  words.push_back(nullptr);
  const int error = ::posix_spawn(&id_, words.front(), &files, &attributes, words.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  if (error == 0) return;
  id_ = 0;
  errno = error;
  fail("cannot start its process");
}

/// Returns false if the process of the probe has ended.
bool ProbeProcess::order(const std::string& request, int report, int output) const {
  const Descriptor file(::memfd_create("shoal-trial", MFD_CLOEXEC));
  if (!file || !base::write_whole(file.get(), request)) fail("cannot write a request");
  const wire::Order::Descriptors descriptors{file.get(), report, output};
  wire::Order order;
  cmsghdr* const rights = CMSG_FIRSTHDR(&order.head);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof descriptors);
  std::memcpy(CMSG_DATA(rights), descriptors.data(), sizeof descriptors);
  return ::sendmsg(socket_.get(), &order.head, MSG_NOSIGNAL) == 1;
}

std::optional<Remains> ProbeProcess::run(const std::string& request, const ProbeRules& rules) {
  if (id_ == 0) start();
  const Stream report, output;
  if (!order(request, report.to_write.get(), output.to_write.get())) {
    end();
    return std::nullopt;
  }
  constexpr std::size_t kMostOutput = 2'000;
  constexpr std::size_t kMostReport = 1 << 20;
  constexpr std::chrono::milliseconds kLookAtDebugger{1'000};
  auto deadline = Clock::now() + rules.limit;
  SlowTimer slow(rules);
  Remains remains;
  bool current_opened = false;
  for (bool over = false; !over;) {
    std::array<pollfd, 4> watched{{{socket_.get(), POLLIN, 0},
                                   {report.to_read.get(), POLLIN, 0},
                                   {output.to_read.get(), POLLIN, 0},
                                   {rules.cancel, POLLIN, 0}}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    const auto wait = std::clamp(left, std::chrono::milliseconds(0), slow.left(kLookAtDebugger));
    const int ready = ::poll(watched.data(), watched.size(), static_cast<int>(wait.count()));
    const auto now = Clock::now();
    if ((ready == 0 || now >= deadline) && is_debugged()) deadline = now + rules.limit;
    if (watched[0].revents != 0 && trial_ != 0) {
      hear_end(remains);
      over = true;
    } else if (watched[0].revents != 0) {
      if (!hear_begin()) return std::nullopt;
    } else if (watched[3].revents != 0 || now >= deadline) {
      remains.cancelled = watched[3].revents != 0;
      remains.late = !remains.cancelled;
      const bool begun = trial_ != 0;
      end();
      if (remains.late && !begun) return std::nullopt;
      over = true;
    }
    drain(report.to_read, remains.report, kMostReport);
    if (!current_opened && remains.report.find(wire::kCurrentOpened) != std::string::npos) {
      current_opened = true;
      deadline = Clock::now() + rules.limit;
    }
    drain(output.to_read, remains.output, kMostOutput);
  }
  return remains;
}

/// Returns false if the process of the probe has ended instead.
bool ProbeProcess::hear_begin() {
  const auto begun = answer_from<wire::Begun>(socket_);
  if (!begun) {
    end();
    return false;
  }
  errno = begun->error;
  if (begun->trial < 0) fail("cannot start the process of a trial");
  trial_ = begun->trial;
  return true;
}

void ProbeProcess::hear_end(Remains& remains) {
  if (const auto ended = answer_from<wire::Ended>(socket_)) {
    remains.status = ended->status;
    remains.processor = ended->processor;
    trial_ = 0;
  } else {
    remains.status = end();
  }
}

bool ProbeProcess::is_debugged() const {
  return base::being_debugged(id_) || (trial_ != 0 && base::being_debugged(trial_));
}

/// Kills the process of the trial and what it has started, and the process of the probe. Returns
/// how that one ended, as waitpid(2) has it.
int ProbeProcess::end() {
  if (trial_ != 0) ::kill(-trial_, SIGKILL);
  ::kill(id_, SIGKILL);
  int status = SIGKILL;
  while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  id_ = trial_ = 0;
  socket_ = Descriptor();
  return status;
}

}  // namespace shoal::releases
