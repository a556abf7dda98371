#pragma once

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <array>
#include <string_view>

// How the container, the process of the probe and the process of a trial talk.
//
// The process of the probe opens no module. For each trial it gets an order over its socket: a
// message of one byte with three descriptors, the request, the report and the output. They belong
// to this trial alone, so what an earlier trial has left behind cannot write into the report of a
// later one. It forks the process of the trial, and answers `Begun`. When that process has ended,
// it kills what is left of its process group, and answers `Ended`.
//
// The process of the trial does not have the socket. It reads the request, and writes the report, a
// JSON object per line. {"step", "module", "at"} stands before each deed, so that the last line
// tells which module did not survive it; {"opened", "at"} stands behind the opening of a generation
// and says which one: "current", the one that serves and is opened first, or "new". Steps and
// errors say the same by {"of"}. The report ends with {"threads", "unloads"} or {"error"}.
namespace shoal::releases::wire {

/// The socket of the process of the probe.
inline constexpr int kOrders = 3;

// Of the process of a trial. Its output are stdout and stderr.
inline constexpr int kRequest = 3;
inline constexpr int kReport = 4;

/// The message of an order, with room for its descriptors: see unix(7), SCM_RIGHTS.
struct Order {
  Order() {
    head.msg_iov = &content;
    head.msg_iovlen = 1;
    head.msg_control = control.data();
    head.msg_controllen = control.size();
  }
  Order(const Order&) = delete;
  Order& operator=(const Order&) = delete;

  using Descriptors = std::array<int, 3>;  ///< request, report, output

  char byte = 0;
  iovec content{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(Descriptors))> control{};
  msghdr head{};
};

/// The first answer to an order.
struct Begun {
  pid_t trial = 0;  ///< the process of the trial, and its process group; -1: it cannot be started
  int error = 0;    ///< then the errno of that
};

/// The second answer to an order.
struct Ended {
  int status = 0;          ///< of the process of the trial, as waitpid(2) has it
  unsigned processor = 0;  ///< seconds of processor time
};

/// Stands in the report once the generation that serves was opened. From then on the new one has
/// all the time that a lone one has.
inline constexpr std::string_view kCurrentOpened = R"("opened":"current")";

inline constexpr unsigned kMostProcessorSeconds = 10;
inline constexpr unsigned kMostSeconds = 20;

}  // namespace shoal::releases::wire
