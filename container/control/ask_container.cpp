#include "control/ask_container.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/failure.hpp"
#include "control/channel.hpp"
#include "control/control_address.hpp"
#include "settings/units.hpp"

namespace shoal::control {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Why = NotAnswered::Why;

constexpr milliseconds kBetweenCalls{100};  // of Waiting::go_on

[[noreturn]] void give_up(Why why, const base::Failure& failure) {
  throw NotAnswered(why, failure.text());
}

[[noreturn]] void give_up_late(const fs::path& path, milliseconds patience,
                               const std::string& hindrance = {}) {
  const std::string late = "the container has not answered within " + settings::to_text(patience);
  if (!hindrance.empty()) {
    give_up(Why::kTooLate, {.thing = path.native(), .fact = late + ": " + hindrance});
  }
  give_up(Why::kTooLate, {.thing = path.native(),
                          .fact = late,
                          .remedy = "look into its log, and at its supervisor process"});
}

/// Bounds the connect: it waits while too many other commands wait to be accepted.
void bound_connect(int socket, milliseconds patience) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
  const timeval time{
      seconds.count(),
      std::chrono::duration_cast<std::chrono::microseconds>(patience - seconds).count()};
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

/// Returns 0, or the errno of what failed.
int connect_to(const fs::path& run, int socket) {
  const auto folder = opened_run_folder(run);
  if (!folder) return errno;
  const auto address = address_in(folder);
  const bool connected =
      ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  return connected ? 0 : errno;
}

Channel connected(const fs::path& run, milliseconds patience) {
  base::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  bound_connect(socket.get(), patience);
  const int error = connect_to(run, socket.get());
  if (error == 0) return Channel(std::move(socket));
  const std::string path = run / kControlSocket;
  if (error == EAGAIN) give_up_late(path, patience);
  if (error == EACCES || error == EPERM) {
    give_up(Why::kNoAccess,
            {.thing = path,
             .fact = "cannot connect",
             .error = error,
             .remedy = "ask as the container's user, as root, or as a member of control.group"});
  }
  give_up(Why::kNoContainer,
          {.thing = path,
           .fact = "no container answers there",
           .error = error,
           .remedy = "start it, or, if \"run\" was changed in its configuration since it started, "
                     "restart it"});
}

/// Returns the answer if it is among the messages, and reports the progress before it. Sets
/// `hindrance` to what holds the answer up, if they tell that.
std::optional<nlohmann::json> answer_in(const std::vector<nlohmann::json>& messages,
                                        const Waiting& waiting, std::string& hindrance) {
  for (const auto& message : messages) {
    if (!message.contains("progress")) return message;
    if (message.contains("hindrance")) hindrance = text_of(message, "hindrance");
    if (waiting.progress) waiting.progress(text_of(message, "progress"));
  }
  return std::nullopt;
}

nlohmann::json wait_for_answer(Channel& channel, const fs::path& path, const Waiting& waiting) {
  const auto until = steady_clock::now() + waiting.patience;
  std::string hindrance;
  while (!channel.closed()) {
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    if (left <= milliseconds(0)) give_up_late(path, waiting.patience, hindrance);
    if (waiting.go_on && !waiting.go_on()) {
      give_up(Why::kStopped, {.fact = "stopped before the container has answered"});
    }
    if (auto answer = answer_in(channel.wait(std::min(left, kBetweenCalls)), waiting, hindrance)) {
      return *std::move(answer);
    }
  }
  give_up(Why::kEnded, {.thing = path.native(),
                        .fact = "the container has closed the connection without an answer",
                        .remedy = "look into its log; ask again when it has started"});
}

}  // namespace

nlohmann::json ask_container(const fs::path& run, const nlohmann::json& question,
                             const Waiting& waiting) {
  Channel channel = connected(run, waiting.patience);
  channel.send(question);
  const nlohmann::json answer = wait_for_answer(channel, run / kControlSocket, waiting);
  if (const auto error = answer.find("error"); error != answer.end()) {
    throw std::runtime_error(error->is_string() ? error->get<std::string>() : error->dump());
  }
  return answer;
}

}  // namespace shoal::control
