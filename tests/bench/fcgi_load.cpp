// Sends requests to a FastCGI server directly, without a web server, and prints one line of JSON.
//
//   fcgi_load SOCKET [--connections 32] [--seconds 1.5] [--path /hello] [--param NAME=VALUE]...
//             [--fresh] [--rate REQUESTS_PER_SECOND]
//
// Each connection is kept and sends its next request when it has got the answer; with --fresh each
// request has a connection of its own.
//
// With --rate, requests come at random moments, so many a second on average, whether or not the
// server has answered the earlier ones. A latency then begins at the moment at which its request
// should have been sent, so the wait for a connection is a part of it. The moments are
// the same in each run.
//
// At the end, a request without an answer is `unanswered`; its age is one of the latencies.
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <deque>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "requests.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

struct Options {
  std::string socket;
  int connections = 32;
  double seconds = 1.5;
  double rate = 0;  // 0: as fast as the server answers
  bench::Wanted request;
};

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options),
        request_(bench::request_of(options.request)),
        connections_(options.connections) {
    prctl(PR_SET_TIMERSLACK, 1);  // otherwise each wait for the next moment is 50 us too long
    if (options.socket.size() >= sizeof address_.sun_path) {
      throw std::runtime_error(options.socket + ": too long for the path of a socket");
    }
    address_.sun_family = AF_UNIX;
    std::memcpy(address_.sun_path, options.socket.data(), options.socket.size());
  }

  void run() {
    begin_ = Clock::now();
    end_ = begin_ + std::chrono::duration_cast<Clock::duration>(
                        std::chrono::duration<double>(options_.seconds));
    next_moment_ = begin_;
    for (auto& connection : connections_) {
      connect(connection);
      become_idle(connection);
    }
    while (Clock::now() < end_) {
      send_what_is_due();
      wait_for_answers();
    }
    count_unanswered();
  }

  void print() {
    std::sort(latencies_.begin(), latencies_.end());
    const auto quantile = [this](double part) {
      if (latencies_.empty()) return 0.0;
      const auto index = static_cast<std::size_t>(part * static_cast<double>(latencies_.size()));
      return double{latencies_[std::min(index, latencies_.size() - 1)]};
    };
    std::printf(
        "{\"answered\": %ld, \"failed\": %ld, \"unanswered\": %ld, \"rate\": %.1f, "
        "\"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f}\n",
        answered_, failed_, unanswered_, static_cast<double>(answered_) / options_.seconds,
        quantile(.5), quantile(.99), quantile(.999));
  }

 private:
  struct Connection {
    int descriptor = -1;
    bool asked = false;
    Clock::time_point since;  // while asked: when the latency began
    std::string answer;
  };

  void connect(Connection& connection) {
    if (connection.descriptor >= 0) close(connection.descriptor);
    connection.descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const auto* address = reinterpret_cast<const sockaddr*>(&address_);
    while (::connect(connection.descriptor, address, sizeof address_) != 0) {
      // EAGAIN: the backlog is full.
      if (errno != EAGAIN || Clock::now() > end_ + 5s) {
        throw std::system_error(errno, std::generic_category(), options_.socket);
      }
      usleep(100);
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.descriptor, &event);
  }

  // Sends the next request on a connection without one, or keeps the connection for it.
  void become_idle(Connection& connection) {
    connection.asked = false;
    if (options_.rate == 0) {
      ask(connection, Clock::now());
    } else if (!due_.empty()) {
      ask(connection, due_.front());
      due_.pop_front();
    } else {
      idle_.push_back(&connection);
    }
  }

  void ask(Connection& connection, Clock::time_point since) {
    connection.asked = true;
    connection.since = since;
    connection.answer.clear();
    // If the server has closed the connection, this fails, and reading reports it.
    (void)send(connection.descriptor, request_.data(), request_.size(), MSG_NOSIGNAL);
  }

  void send_what_is_due() {
    if (options_.rate == 0) return;
    for (const auto now = Clock::now(); next_moment_ <= now;) {
      if (idle_.empty()) {
        due_.push_back(next_moment_);
      } else {
        Connection& connection = *idle_.back();
        idle_.pop_back();
        ask(connection, next_moment_);
      }
      next_moment_ += std::chrono::duration_cast<Clock::duration>(
          std::chrono::duration<double>(pause_(random_) / options_.rate));
    }
  }

  void wait_for_answers() {
    const auto until = options_.rate == 0 ? end_ : std::min(end_, next_moment_);
    const auto left = std::max<Clock::duration>(until - Clock::now(), 0ns);
    const timespec timeout{.tv_sec = left / 1s, .tv_nsec = left % 1s / 1ns};
    std::array<epoll_event, 256> ready;
    const int count = epoll_pwait2(epoll_, ready.data(), ready.size(), &timeout, nullptr);
    for (int i = 0; i < count; ++i) receive(*static_cast<Connection*>(ready[i].data.ptr));
  }

  void receive(Connection& connection) {
    static std::array<char, 65536> buffer;
    const ssize_t got = recv(connection.descriptor, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      if (got < 0 && errno == EAGAIN) return;
      const bool failed = connection.asked;
      failed_ += failed ? 1 : 0;
      connect(connection);
      if (failed) become_idle(connection);  // otherwise it is among the idle ones already
      return;
    }
    connection.answer.append(buffer.data(), got);
    if (!bench::is_complete(connection.answer)) return;
    ++(bench::is_success(connection.answer) ? answered_ : failed_);
    count(Clock::now() - connection.since);
    if (!options_.request.keep_connection) connect(connection);
    become_idle(connection);
  }

  void count_unanswered() {
    const auto now = Clock::now();
    for (const auto& connection : connections_) {
      if (connection.asked) due_.push_back(connection.since);
    }
    for (const auto since : due_) count(now - since);
    unanswered_ = static_cast<long>(due_.size());
  }

  void count(Clock::duration latency) {
    latencies_.push_back(std::chrono::duration<float, std::micro>(latency).count());
  }

  const Options options_;
  const std::string request_;
  const int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  sockaddr_un address_{};
  std::vector<Connection> connections_;
  std::vector<Connection*> idle_;      // with a rate: connections without a request
  std::deque<Clock::time_point> due_;  // with a rate: moments whose requests wait for a connection
  Clock::time_point begin_, end_, next_moment_;
  std::mt19937 random_;  // NOLINT: the same moments in each run
  std::exponential_distribution<double> pause_;
  std::vector<float> latencies_;  // microseconds
  long answered_ = 0, failed_ = 0, unanswered_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Sends requests to a FastCGI server and prints latencies.");
  app.add_option("socket", options.socket)->required();
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 10'000));
  app.add_option("--seconds", options.seconds)->check(CLI::Range(0.01, 600.0));
  app.add_option("--rate", options.rate)->check(CLI::Range(1.0, 1e6));
  app.add_option("--path", options.request.path);
  app.add_option("--param", options.request.params)->expected(1)->take_all();
  app.add_flag("--fresh{false}", options.request.keep_connection);
  CLI11_PARSE(app, argc, argv);
  try {
    Load load(options);
    load.run();
    load.print();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fcgi_load: %s\n", error.what());
    return 1;
  }
}
