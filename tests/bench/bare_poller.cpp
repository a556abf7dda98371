// A rival to measure Shoal against: the least that serves FastCGI without pinning threads. One
// epoll is shared by all threads; libfcgi only parses. There are no modules, routes, limits or
// logs: what Shoal is slower than this is what those cost.
//
// usage: bare_poller SOCKET THREADS
#include <fcgiapp.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cstdint>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "rival.hpp"

namespace {

class Poller {
 public:
  explicit Poller(int listener) : listener_(listener), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    // Else those who lose the race for a connection would block in accept.
    fcntl(listener_, F_SETFL, O_NONBLOCK);
    control(EPOLL_CTL_ADD, listener_, EPOLLIN | EPOLLEXCLUSIVE);
  }

  /// One worker thread; does not return.
  void serve() const {
    FCGX_Request request;
    FCGX_InitRequest(&request, /*listen_sock: never accept by itself*/ -1, 0);
    for (;;) {
      epoll_event ready;
      if (epoll_wait(epoll_, &ready, 1, -1) < 1) continue;

      const bool fresh = ready.data.fd == listener_;
      const int connection = fresh ? accept() : ready.data.fd;
      if (connection < 0) continue;
      if (answer(request, connection)) {
        control(fresh ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, connection,
                EPOLLIN | EPOLLRDHUP | EPOLLONESHOT);
      }
    }
  }

 private:
  int accept() const {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return -1;
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return connection;
  }

  // True if the connection is still open and to be waited for again.
  static bool answer(FCGX_Request& request, int connection) {
    request.ipcFd = connection;
    request.keepConnection = 1;                     // else FCGX_Accept_r begins by closing it
    if (FCGX_Accept_r(&request) < 0) return false;  // the peer has left; libfcgi has closed it
    FCGX_PutS(bench::kAnswer, request.out);
    const bool keep = request.keepConnection != 0;
    FCGX_Finish_r(&request);
    if (keep) request.ipcFd = -1;  // else the next FCGX_Accept_r would take it for its own
    return keep;
  }

  void control(int operation, int descriptor, std::uint32_t events) const {
    epoll_event event{};
    event.events = events;
    event.data.fd = descriptor;
    epoll_ctl(epoll_, operation, descriptor, &event);
  }

  int listener_;
  int epoll_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: bare_poller SOCKET THREADS\n";
    return 2;
  }
  const Poller poller(bench::listen_on(argv[1]));
  const int threads = std::stoi(argv[2]);

  std::vector<std::jthread> workers;
  for (int i = 0; i < threads; ++i) workers.emplace_back([&poller] { poller.serve(); });
}
