// A rival to measure Shoal against: the smallest FastCGI server in which an idle connection does
// not occupy a thread. All threads share one epoll; libfcgi only parses. It has no modules, routes,
// limits or logs: the difference to Shoal is what those cost.
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
    // Otherwise a thread that loses the race for a connection would block in accept.
    fcntl(listener_, F_SETFL, O_NONBLOCK);
    control(EPOLL_CTL_ADD, listener_, EPOLLIN | EPOLLEXCLUSIVE);
  }

  /// Serves on the calling thread, and does not return.
  void serve() const {
    FCGX_Request request;
    FCGX_InitRequest(&request, /*listen_sock: libfcgi must not accept*/ -1, 0);
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

  // Returns true if the connection is kept, so that the next request on it must be waited for.
  static bool answer(FCGX_Request& request, int connection) {
    request.ipcFd = connection;
    request.keepConnection = 1;                     // otherwise FCGX_Accept_r first closes it
    if (FCGX_Accept_r(&request) < 0) return false;  // the peer has left; libfcgi has closed it
    FCGX_PutS(bench::kAnswer, request.out);
    const bool keep = request.keepConnection != 0;
    FCGX_Finish_r(&request);
    if (keep) request.ipcFd = -1;  // otherwise the next FCGX_Accept_r would read from it
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

  std::vector<std::jthread> running;
  for (int i = 0; i < threads; ++i) running.emplace_back([&poller] { poller.serve(); });
}
