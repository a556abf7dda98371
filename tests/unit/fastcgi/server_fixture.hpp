#pragma once

#include <gmock/gmock.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.hpp"
#include "fastcgi/server.hpp"
#include "fastcgi_client.hpp"
#include "gate.hpp"
#include "scratch_folder.hpp"
#include "shoal/request.hpp"
#include "system/eventually.hpp"

namespace shoal::test {

/// Reads what is left of the body, in pieces of this size.
inline std::string read_all(fastcgi::Exchange& exchange, std::size_t piece = 1'000) {
  std::string body;
  std::string buffer(piece, '\0');
  while (const std::size_t size = exchange.read(buffer)) body.append(buffer, 0, size);
  return body;
}

/// Returns what the BodyError says that reading the body throws.
inline std::string body_error(fastcgi::Exchange& exchange) {
  try {
    read_all(exchange);
  } catch (const BodyError& error) {
    return error.what();
  }
  return "no error";
}

/// Answers a request as the test says for its REQUEST_URI; else with REQUEST_URI and the body.
class TestResponder final : public fastcgi::Responder {
 public:
  using Handler = std::function<void(fastcgi::Exchange&)>;

  explicit TestResponder(std::string name = "") : name_(std::move(name)) {}

  // Before the server starts.

  void on(const std::string& uri, Handler handler) { handlers_[uri] = std::move(handler); }
  void limit(const std::string& uri, unsigned threads) { destinations_[uri].threads = threads; }
  void stream(const std::string& uri) { destinations_[uri].streams_body = true; }

  // At any time.

  /// How many requests have begun to be served.
  int calls() const { return calls_; }
  int refusals() const { return refusals_; }
  int threads_started() const { return started_; }
  int threads_ended() const { return ended_; }

  /// The numbers of the threads that have served.
  std::set<unsigned> threads() const {
    const base::MutexLock lock(mutex_);
    return threads_;
  }

  Plan plan(const fastcgi::Exchange& exchange) const noexcept override {
    const auto found = destinations_.find(uri_of(exchange));
    return {found == destinations_.end() ? nullptr : &found->second, {}};
  }

  void serve(fastcgi::Exchange& exchange, unsigned thread) const noexcept override {
    ++calls_;
    {
      const base::MutexLock lock(mutex_);
      threads_.insert(thread);
    }
    const auto found = handlers_.find(uri_of(exchange));
    if (found != handlers_.end()) {
      found->second(exchange);
    } else {
      echo(exchange);
    }
    exchange.finish();
  }

  void refuse(fastcgi::Exchange& exchange,
              const fastcgi::Refusal& refusal) const noexcept override {
    ++refusals_;
    exchange.write("refused " + std::to_string(refusal.status));
    exchange.finish();
  }

  void thread_starts(unsigned) const noexcept override { ++started_; }
  void thread_ends(unsigned) const noexcept override { ++ended_; }

 private:
  static std::string uri_of(const fastcgi::Exchange& exchange) {
    return std::string(exchange.param("REQUEST_URI").value_or(""));
  }

  void echo(fastcgi::Exchange& exchange) const {
    exchange.write(name_ + uri_of(exchange));
    try {
      exchange.write(read_all(exchange));
    } catch (const BodyError& error) {
      exchange.write(error.what());
    }
  }

  const std::string name_;
  std::map<std::string, Handler> handlers_;
  std::map<std::string, fastcgi::RouteRules> destinations_;
  mutable std::atomic<int> calls_{0};
  mutable std::atomic<int> refusals_{0};
  mutable std::atomic<int> started_{0};
  mutable std::atomic<int> ended_{0};
  mutable base::Mutex mutex_;
  mutable std::set<unsigned> threads_ SHOAL_GUARDED_BY(mutex_);
};

inline std::string get(const std::string& uri) { return request({{"REQUEST_URI", uri}}); }

inline std::string post_to(const std::string& uri, std::string_view body, bool keep = true) {
  const std::string length = std::to_string(body.size());
  return request({{"REQUEST_URI", uri}, {"CONTENT_LENGTH", length}}, body, keep);
}

/// The head of a request with a body of so many bytes, which is to follow.
inline std::string head_of(const std::string& uri, std::size_t length) {
  return begin(true) +
         test::stream(FCGI_PARAMS,
                      pairs({{"REQUEST_URI", uri}, {"CONTENT_LENGTH", std::to_string(length)}}));
}

/// Bytes in which each misplaced one is noticed.
inline std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 >> 3);
  return bytes;
}

}  // namespace shoal::test

namespace shoal::fastcgi {

/// A server on a unix socket and a TCP port. The test says what its handlers do, then calls
/// `start`.
class AServer : public ::testing::Test {
 protected:
  using FastCgiClient = test::FastCgiClient;

  AServer() { listen(); }
  ~AServer() override { end(); }

  /// One thread and one event loop.
  static ServerRules one_thread(Limits limits = {}) { return {.limits = limits, .threads = 1}; }

  /// One event loop, whatever machine this is. Several processes share the listeners.
  static ServerRules one_loop(unsigned threads) { return {.threads = threads, .processes = 1'000}; }

  void start(ServerRules rules = {}) {
    rules.folder = folder_ / "";
    server_ =
        std::make_unique<Server>(std::move(listeners_), nullptr, std::move(rules), responder_);
  }

  /// Opens the gate, stops the server and waits for its end.
  void end() {
    gate_.open();
    if (!server_) return;
    server_->stop();
    EXPECT_TRUE(server_->finished_within(std::chrono::minutes(1)));
    server_.reset();
  }

  FastCgiClient client() const { return FastCgiClient(address_); }
  FastCgiClient tcp_client() const { return FastCgiClient(tcp_address_); }

  /// Has a web server connect, send this and leave. Returns true once the server has forgotten it.
  /// REQUIRES: there is no other connection.
  bool send_and_leave(std::string_view bytes) const {
    FastCgiClient web_server = client();
    web_server.send(bytes);
    if (!has_connections(1)) return false;
    web_server.leave();
    return has_connections(0);
  }

  bool has_connections(std::size_t count) const {
    return system::eventually([&] { return server_->load().connections == count; });
  }

  bool has_waiting(std::size_t count) const {
    return system::eventually([&] { return server_->load().waiting == count; });
  }

  /// Has requests of this URI wait at the gate, and be answered with it then.
  void block(const std::string& uri) {
    responder_.on(uri, [this, uri](Exchange& exchange) {
      gate_.wait();
      exchange.write(uri);
    });
  }

  test::ScratchFolder folder_;
  std::string address_;
  std::string tcp_address_;
  std::vector<Listener> listeners_;
  test::Gate gate_;
  test::TestResponder responder_;
  std::unique_ptr<Server> server_;

 private:
  void listen() {
    listeners_.emplace_back(UnixAddress{folder_ / "a.sock", std::nullopt, "", ""}, 1'024);
    listeners_.emplace_back(TcpAddress{"127.0.0.1", 0, {}}, 1'024);
    address_ = listeners_[0].name();
    tcp_address_ = listeners_[1].name();
  }
};

}  // namespace shoal::fastcgi
