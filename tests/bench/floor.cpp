// A rival to measure Shoal against: the floor, which no FastCGI server on this machine can beat.
// Each thread has an epoll set of its own, reads once, and writes a prepared answer. Of the request
// it looks only at the flag that says whether the connection is kept.
//
// usage: floor SOCKET THREADS
#include <fastcgi.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "rival.hpp"

namespace {

// Records of the request 1, which is the only one that web servers use.
std::string record(int type, const std::string& content) {
  const char header[FCGI_HEADER_LEN] = {
      FCGI_VERSION_1, static_cast<char>(type), 0, 1, 0, static_cast<char>(content.size())};
  return std::string(header, sizeof header) + content;
}

const std::string kWholeAnswer = record(FCGI_STDOUT, bench::kAnswer) + record(FCGI_STDOUT, "") +
                                 record(FCGI_END_REQUEST, std::string(8, '\0'));

void add(int epoll, int descriptor, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = descriptor;
  epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

// Takes for granted that each read is one whole request, as it is with nginx and fcgi_load.
void answer(int connection) {
  std::array<char, 65536> request;
  const bool answered =
      read(connection, request.data(), request.size()) > 0 &&
      send(connection, kWholeAnswer.data(), kWholeAnswer.size(), MSG_NOSIGNAL) > 0;
  constexpr std::size_t kFlags = offsetof(FCGI_BeginRequestRecord, body.flags);
  if (!answered || (request[kFlags] & FCGI_KEEP_CONN) == 0) close(connection);
}

void serve(int listener) {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  add(epoll, listener, EPOLLIN | EPOLLEXCLUSIVE);
  std::array<epoll_event, 64> ready;
  for (;;) {
    const int count = epoll_wait(epoll, ready.data(), ready.size(), -1);
    for (int i = 0; i < count; ++i) {
      if (ready[i].data.fd != listener) {
        answer(ready[i].data.fd);
        continue;
      }
      const int connection = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (connection >= 0) add(epoll, connection, EPOLLIN);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: floor SOCKET THREADS\n";
    return 2;
  }
  const int listener = bench::listen_without_blocking(argv[1]);
  const int threads = std::stoi(argv[2]);

  std::vector<std::jthread> running;
  for (int i = 0; i < threads; ++i) running.emplace_back(serve, listener);
}
